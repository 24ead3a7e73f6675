/** Words that, before a command, change its user and its resource limits by exec: no process stays behind. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { IsolationError } from '../errors.ts'
import { shellQuote } from './shell-words.ts'
import type { ContainerSpec } from '../containerizer.ts'

export type Account = { readonly name: string; readonly uid: number; readonly gid: number }

/** One line of passwd(5). */
export function parsePasswdLine(line: string): Account | undefined {
  const [name, , uid, gid] = line.split(':')
  if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return undefined
  return { name, uid: Number(uid), gid: Number(gid) }
}

async function passwdLine(user: string): Promise<string | undefined> {
  const file = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const local = file.split('\n').find((line) => line.startsWith(`${user}:`))
  if (local !== undefined) return local
  // Accounts of a directory service are known to getent alone.
  const result = await promisify(execFile)('getent', ['passwd', '--', user]).catch(() => undefined)
  return result?.stdout.split('\n')[0]
}

/** Looks the account up. Throws USER_UNKNOWN. */
async function findAccount(user: string): Promise<Account> {
  const account = parsePasswdLine((await passwdLine(user)) ?? '')
  if (account !== undefined) return account
  const message = `no such user: ${user}; create the account on this agent's host or name another user in the task`
  throw new IsolationError('USER_UNKNOWN', message)
}

/** Words for the change to `user`; none when the agent itself is that user. Throws USER_UNKNOWN, NOT_ROOT. */
export async function planUserChange(user: string | undefined): Promise<readonly string[]> {
  if (user === undefined || user === userInfo().username) return []
  const account = await findAccount(user)
  const own = process.geteuid?.()
  if (account.uid === own) return []
  if (own !== 0) {
    const message = `the task asks for user ${user}, but the agent runs as ${userInfo().username}; run it as root`
    throw new IsolationError('NOT_ROOT', message)
  }
  const words = ['setpriv', `--reuid=${String(account.uid)}`, `--regid=${String(account.gid)}`]
  return account.name === user ? [...words, '--init-groups'] : [...words, '--clear-groups']
}

const RLIMITS: Readonly<Record<string, string>> = {
  RLMT_AS: 'as', RLMT_CORE: 'core', RLMT_CPU: 'cpu', RLMT_DATA: 'data', RLMT_FSIZE: 'fsize', RLMT_LOCKS: 'locks',
  RLMT_MEMLOCK: 'memlock', RLMT_MSGQUEUE: 'msgqueue', RLMT_NICE: 'nice', RLMT_NOFILE: 'nofile', RLMT_NPROC: 'nproc',
  RLMT_RSS: 'rss', RLMT_RTPRIO: 'rtprio', RLMT_RTTIME: 'rttime', RLMT_SIGPENDING: 'sigpending', RLMT_STACK: 'stack',
} // prettier-ignore

type Rlimit = NonNullable<ContainerSpec['rlimits']>[number]

function rlimitWord({ type, soft, hard }: Rlimit): string {
  const name = RLIMITS[type]
  if (name === undefined) throw new IsolationError('RLIMIT_INVALID', `unknown resource limit ${type}`)
  if ((soft === undefined) !== (hard === undefined))
    throw new IsolationError('RLIMIT_INVALID', `${type} needs both soft and hard, or neither for unlimited`)
  if (soft === undefined || hard === undefined) return `--${name}=unlimited:unlimited`
  if (soft > hard) throw new IsolationError('RLIMIT_INVALID', `${type}: soft limit ${soft} exceeds hard limit ${hard}`)
  return `--${name}=${String(soft)}:${String(hard)}`
}

/** Words that set resource limits; none when none are asked for. Throws RLIMIT_INVALID. */
export function planRlimits(rlimits: ContainerSpec['rlimits']): readonly string[] {
  return rlimits === undefined || rlimits.length === 0 ? [] : ['prlimit', ...rlimits.map(rlimitWord)]
}

/** Limits first, since raising them needs the agent's rights. Each word is quoted for the shell. */
export async function planIdentityChange(spec: Pick<ContainerSpec, 'user' | 'rlimits'>): Promise<readonly string[]> {
  return [...planRlimits(spec.rlimits), ...(await planUserChange(spec.user))].map(shellQuote)
}
