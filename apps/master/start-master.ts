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
  textErrors,
} from '@thermosphere/service-kit'
import type { Lifecycle, Listening, Logger, Metrics } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import type { ConnectionInjector } from '@grpc/grpc-js'
import { randomInt, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { flags } from './config.ts'
import type { Config } from './config.ts'
import { sendText } from './http/answers.ts'
import { VirtualFiles } from './http/files/virtual-files.ts'
import { createRouter } from './http/router.ts'
import { createNoteLog } from './logger.ts'
import { allocatorOptions, coreConfig, withFirstWeights } from './shell/core-config.ts'
import { createLogging } from './shell/logging/logging.ts'
import { MasterLoop } from './shell/loop/master-loop.ts'
import { masterInfo } from './shell/master-info.ts'
import { loadRegistry } from './shell/registry/load-registry.ts'
import { readVersion } from './shell/version.ts'

type Surroundings = Pick<Lifecycle, 'defer' | 'fatal'>
type Parts = {
  readonly config: Config
  readonly logger: Logger
  readonly lifecycle: Surroundings
  readonly metrics: Metrics
}

/** A master that answers on its port. What it opened is deferred to the lifecycle. */
export async function startMaster(config: Config, logger: Logger, lifecycle: Surroundings): Promise<{ port: number }> {
  const metrics = createMetrics()
  registerSystemMetrics(metrics)
  const parts: Parts = { config, logger, lifecycle, metrics }
  const store = await openRegistry(config)
  lifecycle.defer('store', () => store.close())
  const door = await openDoor(parts)
  const loop = await startLoop(parts, store, door.listening.port)
  const logging = createLogging(logger)
  lifecycle.defer('logging', () => logging.close())
  const log: [string, string][] = config.log_file === undefined ? [] : [['/master/log', config.log_file]]
  const route = createRouter({
    loop,
    surroundings: { version: await readVersion(), flags: shownFlags(config, loop) },
    processMetrics: () => metrics.snapshot(),
    logging,
    files: new VirtualFiles(new Map(log)),
  })
  door.open(loop, route)
  loop.submit({ type: 'started' })
  logger.info({ ip: config.ip, port: door.listening.port, masterId: loop.master.info.id }, 'master.listening')
  return { port: door.listening.port }
}

async function openRegistry(config: Config): Promise<Store> {
  if (config.registry === 'in_memory') return openStore('memory:')
  await mkdir(config.work_dir, { recursive: true })
  return openStore(`sqlite:${join(config.work_dir, 'master.db')}`)
}

type Door = { readonly listening: Listening; open(loop: MasterLoop, route: ReturnType<typeof createRouter>): void }

/** The port is known only after binding to it, and the master's description of itself has the port. */
async function openDoor({ config, logger, lifecycle, metrics }: Parts): Promise<Door> {
  const behind: { loop?: MasterLoop; route?: ReturnType<typeof createRouter> } = {}
  const app = createHttpApp({ logger, metrics: createRequestObserver(metrics, 'master') })
  app.use((request, response) =>
    behind.route ? behind.route(request, response) : sendText(response, 503, 'Master has not finished recovery'),
  )
  app.use(errorMiddleware({ logger, format: textErrors }))
  const grpcInjector: ConnectionInjector = {
    injectConnection: (socket) =>
      behind.loop ? behind.loop.links.injector.injectConnection(socket) : socket.destroy(),
    drain: (graceMs) => behind.loop?.links.injector.drain(graceMs),
    destroy: () => behind.loop?.links.injector.destroy(),
  }
  const listening = await listen({
    target: createSharedPortServer({ httpServer: createHttpServer(app), grpcInjector }),
    ip: config.ip,
    port: config.port,
    insecure: config.insecure,
    authenticated: false,
  })
  lifecycle.defer('port', () => listening.close(0))
  return { listening, open: (loop, route) => void Object.assign(behind, { loop, route }) }
}

async function startLoop(
  { config, logger, lifecycle, metrics }: Parts,
  store: Store,
  port: number,
): Promise<MasterLoop> {
  const info = masterInfo({ id: randomUUID(), ip: config.ip, port, hostname: config.hostname, domain: config.domain })
  const master = createMaster({
    config: coreConfig(config),
    info,
    registry: withFirstWeights(await loadRegistry(store), config.weights),
    random: createRandom(randomInt(2 ** 32)),
    allocator: allocatorOptions(config),
    now: Date.now(),
  })
  const onFatal = (error: unknown): never => lifecycle.fatal(error)
  const loop = new MasterLoop({ master, store, metrics, note: createNoteLog(logger), onFatal })
  lifecycle.defer('core', () => loop.close())
  return loop
}

/** In name order; the flag that Mesos does not have is shown only where it was set. */
function shownFlags(config: Config, { master }: MasterLoop): Record<string, string> {
  const { insecure, ...rest } = flagStrings(flags, config)
  const { hostname = '', port } = master.info
  const shown = {
    ...rest,
    ...(insecure === 'true' && { insecure }),
    hostname,
    port: String(port),
    help: 'false',
    version: 'false',
  }
  return Object.fromEntries(Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1)))
}
