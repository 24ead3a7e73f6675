import { createMaster } from '@thermosphere/master-core'
import { createRandom } from '@thermosphere/effects'
import { createSharedPortServer } from '@thermosphere/protocol/node'
import {
  createHttpApp,
  createHttpServer,
  createMetrics,
  createRequestObserver,
  errorMiddleware,
  flagStrings,
  listen,
  registerSystemMetrics,
  runService,
  textErrors,
} from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { ConnectionInjector } from '@grpc/grpc-js'
import { randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { flags, mesosVersion, readConfig } from './config.ts'
import { sendText } from './http/answers.ts'
import { VirtualFiles } from './http/files/virtual-files.ts'
import { createRouter } from './http/router.ts'
import { createMasterLogger, createNoteLog } from './logger.ts'
import { allocatorOptions, coreConfig, withFirstWeights } from './shell/core-config.ts'
import { createLogging } from './shell/logging/logging.ts'
import { MasterLoop } from './shell/loop/master-loop.ts'
import { masterInfo } from './shell/master-info.ts'
import { loadRegistry } from './shell/registry/load-registry.ts'
import { readVersion } from './shell/version.ts'

await runService('master', async (lifecycle) => {
  const config = readConfig(mesosVersion)
  const logger = createMasterLogger(config)
  lifecycle.useLogger(logger)
  const metrics = createMetrics()
  registerSystemMetrics(metrics)

  if (config.registry !== 'in_memory') await mkdir(config.work_dir, { recursive: true })
  const store = await openStore(
    config.registry === 'in_memory' ? 'memory:' : `sqlite:${join(config.work_dir, 'master.db')}`,
  )
  lifecycle.defer('store', () => store.close())
  const registry = withFirstWeights(await loadRegistry(store), config.weights)

  let loop: MasterLoop | undefined
  let route: ReturnType<typeof createRouter> | undefined
  const app = createHttpApp({ logger, metrics: createRequestObserver(metrics, 'master') })
  app.use((request, response) =>
    route ? route(request, response) : sendText(response, 503, 'Master has not finished recovery'),
  )
  app.use(errorMiddleware({ logger, format: textErrors }))
  const httpServer = createHttpServer(app)
  // The port is known only after binding to it, and the master's own description has the port.
  const grpcInjector: ConnectionInjector = {
    injectConnection: (socket) => (loop ? loop.links.injector.injectConnection(socket) : socket.destroy()),
    drain: (graceMs) => loop?.links.injector.drain(graceMs),
    destroy: () => loop?.links.injector.destroy(),
  }
  const { ip, insecure } = config
  const server = await listen({
    target: createSharedPortServer({ httpServer, grpcInjector }),
    ip,
    port: config.port,
    insecure,
    authenticated: false,
  })
  lifecycle.defer('port', () => server.close(0))

  const random = createRandom(randomInt(2 ** 32))
  const info = masterInfo({ id: crypto.randomUUID(), ip, port: server.port, hostname: config.hostname })
  const core = {
    config: coreConfig(config),
    info,
    registry,
    random,
    allocator: allocatorOptions(config),
    now: Date.now(),
  }
  const running = new MasterLoop({
    master: createMaster(core),
    store,
    metrics,
    note: createNoteLog(logger),
    onFatal: (error) => lifecycle.fatal(error),
  })
  lifecycle.defer('core', () => running.close())
  const logging = createLogging(logger)
  lifecycle.defer('logging', () => logging.close())
  const shown = {
    ...flagStrings(flags, config),
    hostname: info.hostname ?? '',
    port: String(server.port),
    help: 'false',
    version: 'false',
  }
  loop = running
  route = createRouter({
    loop: running,
    surroundings: { version: await readVersion(), flags: sortedFlags(shown) },
    processMetrics: () => metrics.snapshot(),
    logging,
    files: new VirtualFiles(new Map(config.log_file === undefined ? [] : [['/master/log', config.log_file]])),
  })
  running.submit({ type: 'started' })
  logger.info({ ip, port: server.port, masterId: info.id, registry: config.registry }, 'master.listening')
})

/** In name order; flags of ours that Mesos does not have are shown only where they were set. */
function sortedFlags(all: Record<string, string>): Record<string, string> {
  const { insecure, ...rest } = all
  const shown = insecure === 'true' ? all : rest
  return Object.fromEntries(Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1)))
}
