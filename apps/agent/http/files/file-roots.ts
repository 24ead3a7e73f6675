import { errnoOf } from '@thermosphere/effects'
import { may, maySeeSandboxes } from '@thermosphere/agent-core'
import type { Access, AgentState } from '@thermosphere/agent-core'
import { HttpError, logFileOf } from '@thermosphere/service-kit'
import type { LogConfig } from '@thermosphere/service-kit'
import { realpath } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { forbidden } from '../access/admission.ts'
import type { HttpContext } from '../context.ts'

/** For somebody who reads files. */
export type FilesContext = HttpContext & { readonly access: Access }

/** The log as operators read it; undefined when it goes to standard error. */
export const readableLog = (config: LogConfig): string | undefined =>
  config.external_log_file ?? logFileOf(config, 'mesos-agent')

/**
 * Paths that the files API answers for: sandboxes under their real path and under `/frameworks/…`, and the log.
 * Links are followed, but only to places inside the sandboxes and volumes of this agent that the asker may read.
 */
export async function resolveFile(context: FilesContext, path: string): Promise<string> {
  const { config, shell, access } = context
  const real = realOf(shell.state, config.work_dir, path)
  const log = readableLog(config)
  if (real === undefined && (path === '/slave/log' || path === '/agent/log') && log !== undefined) {
    if (!may(access, 'access_mesos_logs')) throw forbidden('')
    return log
  }
  if (real === undefined) throw new HttpError(404, '')
  const clean = normalize(real)
  const slaves = join(config.work_dir, 'slaves')
  if (!isInside(slaves, clean)) throw inaccessible(path)
  refuseUnlessReadable(context, clean.slice(slaves.length))
  const resolved = await realpathOf(clean)
  const [slavesRoot, volumesRoot] = await Promise.all([slaves, join(config.work_dir, 'volumes')].map(realpathIfThere))
  if (volumesRoot !== undefined && isInside(volumesRoot, resolved)) return resolved
  if (slavesRoot === undefined || !isInside(slavesRoot, resolved)) throw inaccessible(path)
  // A task can make a link to the sandbox of another one.
  refuseUnlessReadable(context, resolved.slice(slavesRoot.length))
  return resolved
}

/** By the path below the directory of all agents' sandboxes. */
function refuseUnlessReadable({ shell, access }: FilesContext, path: string): void {
  const [, frameworkId, executorId] = /^\/[^/]+\/frameworks\/([^/]+)\/executors\/([^/]+)/.exec(path) ?? []
  const owner = frameworkId !== undefined && executorId !== undefined ? { frameworkId, executorId } : undefined
  if (!maySeeSandboxes(shell.state, access, owner)) throw forbidden('')
}

function inaccessible(path: string): HttpError {
  return new HttpError(400, `'${path}' is inaccessible: it leads out of the sandboxes of this agent.\n`)
}

/** The real path before links and dots are resolved; `undefined` when it is below no root. */
function realOf(state: AgentState, workDir: string, path: string): string | undefined {
  const slaves = join(workDir, 'slaves')
  if (path.startsWith(`${slaves}/`)) return path
  if (path.startsWith('/frameworks/') && state.agentId !== undefined) return join(slaves, state.agentId) + path
  return undefined
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(`${root}/`)
}

async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') throw new HttpError(404, '', { cause: error })
    throw error
  }
}

async function realpathIfThere(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
