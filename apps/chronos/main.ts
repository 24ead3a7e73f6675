/** Chronos: runs jobs on a Mesos cluster. */
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { Background, createLogger, createMetrics, createRequestObserver, runService } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { advertisedHost, coreConfig, notificationChannels, readConfig, readCredential, version } from './config.ts'
import { createChronosApp } from './http/app.ts'
import { serve } from './http/serve.ts'
import { Chronos } from './shell/chronos.ts'
import { loadState } from './shell/load-state.ts'
import { Notifier } from './shell/notify/notifier.ts'

const config = readConfig()

await runService('chronos', async (lifecycle) => {
  const logger = createLogger({ name: 'chronos', level: config.logging_level, file: config.log_file })
  lifecycle.useLogger(logger)
  if (config.store === undefined) mkdirSync(config.work_dir, { recursive: true })
  const store = await openStore(config.store ?? `sqlite:${config.work_dir}/chronos.db`)
  lifecycle.defer('store', () => store.close())
  const registry = createMetrics()
  const random = createRandom(randomInt(2 ** 32))
  let port = config.http_port
  const leader = (): string => `${advertisedHost(config)}:${port}`
  const frameworkInfo = (id: string | undefined): mesos.FrameworkInfo => ({
    name: config.mesos_framework_name,
    user: config.user,
    roles: [config.mesos_role],
    checkpoint: config.mesos_checkpoint,
    failover_timeout: config.failover_timeout,
    hostname: advertisedHost(config),
    webui_url: config.webui_url ?? `http://${leader()}`,
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
    ...(config.mesos_authentication_principal !== undefined && { principal: config.mesos_authentication_principal }),
    ...(id !== undefined && { id: { value: id } }),
  })
  const background = new Background((name, err) => logger.error({ err }, name))
  const { cluster_name: clusterName } = config
  const channels = notificationChannels(config)
  const notifier = new Notifier({ channels, clusterName, logger, metrics: registry, background })
  const chronos = new Chronos({
    state: await loadState(store, { config: coreConfig(config), random }),
    store,
    masters: config.master,
    frameworkInfo,
    credential: () => readCredential(config),
    random,
    logger,
    metrics: registry,
    background,
    notify: (notification) => notifier.notify(notification),
    onFatal: (error) => lifecycle.fatal(error),
  })
  lifecycle.defer('chronos', () => chronos.close())
  const observer = createRequestObserver(registry, 'chronos')
  const { http_credentials: credentials, http_realm: realm } = config
  const basicAuth = credentials === undefined ? undefined : { credentials, realm }
  const app = createChronosApp({ logger, chronos, registry, observer, leader, version, clusterName, basicAuth })
  const servers = await serve(app, config)
  lifecycle.defer('http', async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  port = servers[0]?.port ?? port
  chronos.start()
  logger.info({ ip: config.http_address, ports: servers.map((server) => server.port) }, 'chronos.listening')
})
