/** All that the leading master runs: the registry as it found it, the core and its loop, streams and links. */
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { createMaster } from '@thermosphere/master-core'
import type { Leadership, Store, Term } from '@thermosphere/store'
import { realLoopClock } from '@thermosphere/service-kit'
import type { Logger, LoopSurroundings, Metrics } from '@thermosphere/service-kit'
import { randomInt } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from './config.ts'
import { createNoteLog } from './logger.ts'
import { createAllocationTimes } from './shell/metrics/allocation-times.ts'
import { allocatorOptions, coreConfig, withFirstWeights } from './shell/core-config.ts'
import { MasterLoop } from './shell/loop/master-loop.ts'
import { loadRegistry } from './shell/registry/load-registry.ts'
import { RegistrySize } from './shell/registry/registry-size.ts'
import type { Whitelist } from './shell/whitelist/whitelist.ts'

export type TermOptions = {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly store: Store
  readonly whitelist: Whitelist
  readonly leadership: Leadership
  /** A new one for each term. */
  readonly info: mesos.MasterInfo
  readonly loop: LoopSurroundings
  /** When the process started, in milliseconds of wall time. */
  readonly startedAt: number
  /** Ends the term, for the error if there is one: this process campaigns again, or stops if it cannot go on. */
  readonly end: (error?: unknown) => void
}

export type MasterTerm = Term & { readonly loop: MasterLoop }

export async function openTerm(options: TermOptions): Promise<MasterTerm> {
  const { config, logger, metrics, store, whitelist, leadership, info, startedAt, end } = options
  const readAt = performance.now()
  const registrySize = new RegistrySize()
  const registry = withFirstWeights(await loadRegistry(store, registrySize, nextTurn), config.weights)
  const durationMs = Math.round(performance.now() - readAt)
  metrics.timer('registrar/state_fetch').observe(durationMs)
  const { admitted, unreachable } = registry
  const counts = { agentCount: admitted.size, unreachableCount: unreachable.size }
  logger.info({ masterId: info.id, ...counts, durationMs }, 'registry.recovered')
  const master = createMaster({
    config: coreConfig(config),
    info,
    registry,
    random: createRandom(randomInt(2 ** 32)),
    allocator: { ...allocatorOptions(config), observer: createAllocationTimes(metrics) },
    startedAt,
    now: (options.loop.clock ?? realLoopClock).now(),
  })
  const loop = new MasterLoop({
    master,
    store,
    leadership,
    metrics,
    registrySize,
    note: createNoteLog(logger),
    loop: options.loop,
    areDriversRefused: config.authenticate_frameworks || config.authenticate_http_frameworks,
    onFatal: end,
  })
  loop.submit({ type: 'started' })
  const forget = whitelist.listen((hostnames) => loop.submit({ type: 'whitelist', hostnames }))
  const close = (): Promise<void> => {
    forget()
    return loop.close()
  }
  return { loop, close }
}
