/** All that the leading Marathon runs: state from the store, the core's loop, the connection to the master, the API. */
import { createRandom } from '@thermosphere/effects'
import { frameworkCredential, StartupError } from '@thermosphere/service-kit'
import type { LoopSurroundings } from '@thermosphere/service-kit'
import { findMasters } from '@thermosphere/store'
import type { Leadership, Store, Term } from '@thermosphere/store'
import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { coreConfig, loginOf } from './config.ts'
import type { Config } from './config.ts'
import { FrameworkRefused } from './errors.ts'
import { createMarathonApp } from './http/app.ts'
import type { Loggers } from './logger.ts'
import { MarathonShell } from './shell/marathon-shell.ts'
import type { MarathonMetrics } from './shell/metrics.ts'
import { loadState } from './shell/state-store.ts'

export type TermOptions = {
  readonly config: Config
  readonly store: Store
  readonly metrics: MarathonMetrics
  readonly loggers: Loggers
  readonly loop: LoopSurroundings
  readonly leadership: Leadership
  /** Ends the term, for a reason. */
  readonly end: (error?: unknown) => void
  /** Ends the process, as `DELETE /v2/leader` asks. */
  readonly abdicate: () => void
  /** `host:port` where this process is reached. */
  readonly address: string
}

export type MarathonTerm = Term & { readonly handle: RequestListener; readonly shell: MarathonShell }

export async function openTerm(options: TermOptions): Promise<MarathonTerm> {
  const { config, store, metrics, loggers, leadership, address, abdicate, end } = options
  const readAt = performance.now()
  const random = createRandom(randomBytes(4).readUInt32LE())
  const state = await loadState(store, { config: coreConfig(config, `http://${address}`), random })
  refuseLostFramework(state)
  metrics.watch(state)
  const shell = new MarathonShell({
    state,
    store,
    leadership,
    masters: findMasters(config.master, (err) => loggers.mesos.warn({ err }, 'leader.unknown')),
    credential: () => frameworkCredential(loginOf(config), loggers.mesos),
    probesMax: config.max_concurrent_marathon_health_checks,
    metrics,
    loggers,
    loop: options.loop,
    onFatal: end,
    // Another process of this group has subscribed: it leads, and this one follows.
    onRefused: (message) => (/failed over/i.test(message) ? end() : end(new FrameworkRefused(message))),
  })
  const context = { shell, state, config, metrics, loggers, leader: () => address, abdicate }
  const { app, events } = createMarathonApp(context)
  shell.listen(({ eventType }) => metrics.countEventType(eventType))
  shell.start()
  const { apps } = state.root
  const counts = { apps: apps.size, instances: state.instances.size, deployments: state.deployments.size }
  loggers.log.info({ ...counts, durationMs: Math.round(performance.now() - readAt) }, 'term.opened')
  const close = async (): Promise<void> => {
    events.close()
    metrics.watch(undefined)
    await shell.close()
  }
  return { handle: app, shell, close }
}

/** Under a new framework id Mesos would not let us have the tasks that run. */
function refuseLostFramework(state: MarathonShell['state']): void {
  const hasTasks = [...state.instances.all()].some((instance) => instance.state.condition !== 'Scheduled')
  if (state.frameworkId !== undefined || !hasTasks) return
  throw new StartupError('the store has instances but no framework id; restore the id or remove the store')
}
