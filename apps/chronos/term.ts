/** All that the leader runs: state from the store, the core's loop, the connection to the master, the API. */
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { createRequestObserver, frameworkCredential } from '@thermosphere/service-kit'
import type { Background, Logger, LoopSurroundings, Metrics } from '@thermosphere/service-kit'
import { findMasters } from '@thermosphere/store'
import type { Leadership, Store, Term } from '@thermosphere/store'
import { randomInt } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { advertisedHost, coreConfig, notificationChannels, loginOf, version } from './config.ts'
import type { Config } from './config.ts'
import { createChronosApp } from './http/app.ts'
import { Chronos } from './shell/chronos.ts'
import { loadState } from './shell/load-state.ts'
import { Notifier } from './shell/notify/notifier.ts'

export type TermOptions = {
  readonly config: Config
  readonly store: Store
  readonly logger: Logger
  readonly registry: Metrics
  readonly background: Background
  readonly leadership: Leadership
  readonly loop: LoopSurroundings
  /** Ends the term, for the error if there is one: this process campaigns again, or stops if it cannot go on. */
  readonly end: (error?: unknown) => void
  /** Where this process is reached. */
  readonly url: string
}

function frameworkInfoOf(config: Config, webuiUrl: string): mesos.FrameworkInfo {
  const { mesos_authentication_principal: principal } = config
  return {
    name: config.mesos_framework_name,
    user: config.user,
    roles: [config.mesos_role],
    checkpoint: config.mesos_checkpoint,
    failover_timeout: config.failover_timeout,
    hostname: advertisedHost(config),
    webui_url: config.webui_url ?? webuiUrl,
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
    ...(principal !== undefined && { principal }),
  }
}

export type ChronosTerm = Term & { readonly handle: RequestListener }

export async function openTerm(options: TermOptions): Promise<ChronosTerm> {
  const { config, store, logger, registry, background, leadership, end, url } = options
  const random = createRandom(randomInt(2 ** 32))
  const { cluster_name: clusterName } = config
  const channels = notificationChannels(config)
  const notifier = new Notifier({ channels, clusterName, logger, metrics: registry, background })
  const chronos = new Chronos({
    state: await loadState(store, { config: coreConfig(config), random }),
    store,
    leadership,
    loop: options.loop,
    masters: findMasters(config.master, (err) => logger.warn({ err }, 'leader.unknown')),
    frameworkInfo: (id) => ({ ...frameworkInfoOf(config, url), ...(id !== undefined && { id: { value: id } }) }),
    credential: () => frameworkCredential(loginOf(config), logger),
    random,
    logger,
    metrics: registry,
    background,
    notify: (notification) => notifier.notify(notification),
    onFatal: end,
  })
  const { http_credentials: credentials, http_realm: realm } = config
  const app = createChronosApp({
    logger,
    chronos,
    registry,
    observer: createRequestObserver(registry, 'chronos'),
    leader: () => url.replace(/^https?:\/\//, ''),
    version,
    clusterName,
    basicAuth: credentials === undefined ? undefined : { credentials, realm },
  })
  chronos.start()
  return { handle: app, close: () => chronos.close() }
}
