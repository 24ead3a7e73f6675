/** Puts the parts together: one process that wants to lead, and hands requests on to the leader meanwhile. */
import { leaderEvents, listen, StartupError } from '@thermosphere/service-kit'
import type { Lifecycle, Logger } from '@thermosphere/service-kit'
import { Candidate, openStore } from '@thermosphere/store'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { hostnameOf } from './config.ts'
import type { Config } from './config.ts'
import { FrameworkRefused } from './errors.ts'
import { leaderName } from './limits.ts'
import { loggersOf } from './logger.ts'
import { MarathonMetrics } from './shell/metrics.ts'
import { createDoor } from './standby/door.ts'
import { openTerm } from './term.ts'
import type { MarathonTerm } from './term.ts'

export type RunningMarathon = { readonly port: number }

/** Starts Marathon; `lifecycle` closes its parts in reverse order. */
export async function startMarathon(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<RunningMarathon> {
  const loggers = loggersOf(logger)
  const store = await openStateStore(config)
  lifecycle.defer('store', () => store.close())
  const metrics = new MarathonMetrics()
  let address = ''
  const abdicate = (): void => lifecycle.stop('leadership was given up')
  const parts = { config, store, metrics, loggers, loop: lifecycle.loop, abdicate }
  const candidate = new Candidate<MarathonTerm>({
    store,
    name: leaderName,
    ttlMs: config.zk_session_timeout,
    open: (leadership, end) => openTerm({ ...parts, leadership, end, address }),
    ...leaderEvents(logger, () => address),
    onFatal: (error) => leave(lifecycle, error),
  })
  const door = createDoor({
    config,
    self: () => address,
    leader: () => candidate.leader,
    term: () => candidate.term?.handle,
  })
  const port = await openPort(config, door, lifecycle)
  address = `${hostnameOf(config)}:${port}`
  lifecycle.defer('candidate', () => candidate.close())
  candidate.start(address)
  logger.info({ port }, 'marathon.started')
  return { port }
}

async function openStateStore(config: Config) {
  if (config.store !== undefined) return openStore(config.store)
  await mkdir(config.work_dir, { recursive: true })
  return openStore(`sqlite:${join(config.work_dir, 'marathon.db')}`)
}

async function openPort(config: Config, door: RequestListener, lifecycle: Lifecycle): Promise<number> {
  const listening = await listen({
    target: createServer(door),
    ip: config.http_address,
    port: config.http_port,
    insecure: config.insecure,
    authenticated: config.http_credentials !== undefined,
    flags: { ip: '--http_address', port: '--http_port' },
  })
  lifecycle.defer('http', () => listening.close())
  return listening.port
}

function leave(lifecycle: Lifecycle, error: unknown): void {
  if (error instanceof FrameworkRefused) lifecycle.fatal(new StartupError(error.message), error.exitCode)
  else lifecycle.fatal(error)
}
