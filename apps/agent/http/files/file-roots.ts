import type { AgentState } from '@thermosphere/agent-core'
import { HttpError, logFileOf } from '@thermosphere/service-kit'
import type { LogConfig } from '@thermosphere/service-kit'
import { realpath } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { errnoOf } from '../../errors.ts'
import type { HttpContext } from '../context.ts'

/** The log as operators read it; undefined when it goes to standard error. */
export const readableLog = (config: LogConfig): string | undefined =>
  config.external_log_file ?? logFileOf(config, 'mesos-agent')

/**
 * Paths that the files API answers for: sandboxes under their real path and under `/frameworks/…`, and the log.
 * Links are followed, but only to places inside the sandboxes and volumes of this agent.
 */
export async function resolveFile({ config, shell }: HttpContext, path: string): Promise<string> {
  const real = realOf(shell.state, config.work_dir, path)
  const log = readableLog(config)
  if (real === undefined && (path === '/slave/log' || path === '/agent/log') && log !== undefined) return log
  if (real === undefined) throw new HttpError(404, '')
  const clean = normalize(real)
  const slaves = join(config.work_dir, 'slaves')
  if (!isInside(slaves, clean)) throw inaccessible(path)
  const resolved = await realpathOf(clean)
  const roots = await Promise.all([slaves, join(config.work_dir, 'volumes')].map(realpathIfThere))
  if (!roots.some((root) => root !== undefined && isInside(root, resolved))) throw inaccessible(path)
  return resolved
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
