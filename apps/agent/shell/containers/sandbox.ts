import { errnoOf } from '@thermosphere/effects'
import type { LaunchPlan } from '@thermosphere/agent-core'
import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, rename, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { AgentError } from '../../errors.ts'

const run = promisify(execFile)
const SANDBOX_MODE = 0o750

/** Makes the sandbox, its links and the directories that its mounts come from; it belongs to the task's user. */
export async function prepareSandbox(plan: LaunchPlan): Promise<void> {
  await mkdir(plan.sandbox, { recursive: true })
  const owner = plan.user === undefined ? undefined : await userIds(plan.user)
  await own(plan.sandbox, owner)
  await chmod(plan.sandbox, SANDBOX_MODE)
  for (const { path, target } of plan.links) await replaceLink(path, target)
  for (const mount of plan.mounts) {
    if (!isAbsolute(mount.target)) assertInside(mount.target)
    if (!mount.create) continue
    if (normalize(mount.source) !== mount.source.replace(/\/+$/, '')) throw outside(mount.source)
    const isNew = (await mkdir(mount.source, { recursive: true })) !== undefined
    if (isNew) await own(mount.source, owner)
  }
}

/** Nothing to do for the agent's own user, as which most tasks of a small cluster run. */
async function own(path: string, owner: UserIds | undefined): Promise<void> {
  if (owner !== undefined && owner.uid !== process.getuid?.()) await chown(path, owner.uid, owner.gid)
}

function assertInside(path: string): void {
  if (normalize(path).split('/').includes('..')) throw outside(path)
}

function outside(path: string): AgentError {
  return new AgentError('AGENT_SANDBOX_FAILED', `the volume path ${path} leads out of the sandbox; remove the '..'`)
}

/** Makes a link, or replaces the one that is there in one step, so that readers always find one. */
async function replaceLink(path: string, target: string): Promise<void> {
  try {
    await symlink(target, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' && errnoOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    const temporary = join(dirname(path), `.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`)
    await symlink(target, temporary)
    await rename(temporary, path)
  }
}

export type UserIds = { readonly uid: number; readonly gid: number }

const known = new Map<string, UserIds>()

/** The ids of a user of this host. Asked once per name: accounts do not change under a running agent. */
export async function userIds(user: string): Promise<UserIds> {
  const cached = known.get(user)
  if (cached !== undefined) return cached
  if (user === 'root') return remember(user, { uid: 0, gid: 0 })
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', '--', user]), run('id', ['-g', '--', user])])
    return remember(user, { uid: Number(uid.stdout), gid: Number(gid.stdout) })
  } catch (cause) {
    const reason = errnoOf(cause) === 'ENOENT' ? 'the id command is missing' : 'no such user on this host'
    throw new AgentError(
      'AGENT_SANDBOX_FAILED',
      `Failed to get user '${user}': ${reason}; create it or run as another`,
      {
        cause,
      },
    )
  }
}

function remember(user: string, ids: UserIds): UserIds {
  known.set(user, ids)
  return ids
}
