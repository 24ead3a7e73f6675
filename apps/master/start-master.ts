import { createMaster, emptyRegistry } from '@thermosphere/master-core'
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { createSharedPortServer, isMessageRequest, receiveMessage } from '@thermosphere/protocol/node'
import type { Deliver, LinkAcceptor, ReceivedMessage } from '@thermosphere/protocol/node'
import {
  createBareHandler,
  createHttpApp,
  createHttpServer,
  createLogging,
  createMetrics,
  createRequestObserver,
  errorMiddleware,
  flagStrings,
  Gate,
  listen,
  listeningIp,
  logFileOf,
  reachOf,
  registerEventLoopDelay,
  registerSystemMetrics,
  textErrors,
} from '@thermosphere/service-kit'
import type { Lifecycle, Listening, Logger, Metrics, Reach } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { flags } from './config.ts'
import type { Config } from './config.ts'
import { startAgeing } from './http/kept-encodings.ts'
import { VirtualFiles } from './http/files/virtual-files.ts'
import { createRouter } from './http/router.ts'
import type { MasterContext } from './http/context.ts'
import { openLogins, warnOfOpenDoors } from './http/login/logins.ts'
import type { Logins } from './http/login/logins.ts'
import { NotLeading } from './http/standby.ts'
import { allocatorOptions, coreConfig } from './shell/core-config.ts'
import { masterInfo, reachableIp } from './shell/master-info.ts'
import { Seat } from './shell/seat.ts'
import { readVersion } from './shell/version.ts'
import { Whitelist } from './shell/whitelist/whitelist.ts'

type Surroundings = Pick<Lifecycle, 'defer' | 'fatal' | 'loop'>
type Parts = {
  readonly config: Config
  readonly logger: Logger
  readonly lifecycle: Surroundings
  readonly metrics: Metrics
  readonly startedAt: number
}

/** A master that answers on its port and wants to lead. What it opened is deferred to the lifecycle. */
export async function startMaster(config: Config, logger: Logger, lifecycle: Surroundings): Promise<{ port: number }> {
  const logins = openLogins(config)
  const metrics = createMetrics()
  registerSystemMetrics(metrics)
  registerEventLoopDelay(metrics)
  const parts: Parts = { config, logger, lifecycle, metrics, startedAt: Date.now() }
  const store = await openRegistry(config)
  lifecycle.defer('store', () => store.close())
  const ip = await listeningIp(config)
  const door = await openDoor(parts, ip)
  const { port } = door.listening
  const reach = await reachOf(config, { ip, port, ofAny: reachableIp() })
  const whitelist = new Whitelist({ path: config.whitelist, logger })
  await whitelist.start()
  lifecycle.defer('whitelist', () => whitelist.close())
  const seat = takeSeat(parts, { store, whitelist, reach })
  const logging = createLogging(logger)
  lifecycle.defer('logging', () => logging.close())
  const ageing = startAgeing()
  lifecycle.defer('kept encodings', () => ageing.close())
  await openRoutes(parts, { seat, door, logging, logins, reach })
  warnOfOpenDoors(config, logger)
  logger.info({ ip, port }, 'master.listening')
  seat.start()
  return { port }
}

async function openRegistry(config: Config): Promise<Store> {
  if (config.registry === 'in_memory') return openStore('memory:')
  if (config.store !== undefined) return openStore(config.store)
  await mkdir(config.work_dir, { recursive: true })
  return openStore(`sqlite:${join(config.work_dir, 'master.db')}`)
}

type Door = {
  readonly listening: Listening
  open(behind: Behind): void
}

type Behind = {
  readonly app: RequestListener
  /** Where a new link of an agent goes. */
  readonly links: () => LinkAcceptor
}

/** The port is known only after binding to it, and the master's description of itself has the port. */
async function openDoor({ config, lifecycle }: Parts, ip: string): Promise<Door> {
  const gate = new Gate('Master has not finished recovery')
  let links: Behind['links'] | undefined
  const acceptor: LinkAcceptor = {
    injectConnection: (socket) => (links ? links().injectConnection(socket) : socket.destroy()),
  }
  const listening = await listen({
    target: createSharedPortServer({ httpServer: createHttpServer(gate.handle), links: acceptor }),
    ip,
    port: config.port,
    insecure: config.insecure,
    // The links of agents are on the same port and know no login.
    authenticated: false,
  })
  lifecycle.defer('port', () => listening.close(0))
  const open = (behind: Behind): void => {
    gate.open(behind.app)
    links = behind.links
  }
  return { listening, open }
}

function createMasterApp({ logger, metrics }: Parts, context: MasterContext, deliver: Deliver): RequestListener {
  const options = { logger, metrics: createRequestObserver(metrics, 'master') }
  const router = createRouter(context)
  const app = createHttpApp(options)
  app.use(router)
  app.use(errorMiddleware({ logger, format: textErrors }))
  const calls = createBareHandler(options, router)
  return (request, response) => {
    if (request.url === '/api/v1/scheduler') calls(request, response)
    else if (isMessageRequest(request)) void receiveMessage(request, response, deliver)
    else app(request, response)
  }
}

/** Each term is a new master, as in Mesos, where a deposed leader is started anew. */
const describe = ({ domain }: Config, reach: Reach): mesos.MasterInfo =>
  masterInfo({ id: randomUUID(), ...reach, domain })

type SeatOf = { readonly store: Store; readonly whitelist: Whitelist; readonly reach: Reach }

function takeSeat(parts: Parts, { store, whitelist, reach }: SeatOf): Seat {
  const { config, logger, lifecycle, metrics, startedAt } = parts
  const seat = new Seat({
    parts: { config, logger, metrics, store, whitelist, startedAt, loop: lifecycle.loop },
    address: `${reach.hostname}:${reach.port}`,
    info: () => describe(config, reach),
    onFatal: (error) => lifecycle.fatal(error),
  })
  lifecycle.defer('candidate', () => seat.close())
  metrics.gauge('registrar/queued_operations', () => seat.loop?.queuedWriteCount ?? 0)
  metrics.gauge('registrar/registry_size_bytes', () => seat.loop?.registrySize.bytes ?? 0)
  // Of Mesos' replicated log: the store looks after its members itself, so it is one, and whole once it was read.
  metrics.gauge('registrar/log/recovered', () => (seat.loop === undefined ? 0 : 1))
  metrics.gauge('registrar/log/ensemble_size', () => 1)
  return seat
}

type Inside = {
  readonly seat: Seat
  readonly door: Door
  readonly logging: ReturnType<typeof createLogging>
  readonly logins: Logins
  readonly reach: Reach
}

async function openRoutes(parts: Parts, { seat, door, logging, logins, reach }: Inside): Promise<void> {
  const { config, metrics } = parts
  const logFile = config.external_log_file ?? logFileOf(config, 'mesos-master')
  const log: [string, string][] = logFile === undefined ? [] : [['/master/log', logFile]]
  const blank = createMaster({
    config: coreConfig(config),
    info: describe(config, reach),
    registry: emptyRegistry,
    random: createRandom(0),
    allocator: allocatorOptions(config),
    now: Date.now(),
  })
  const context: MasterContext = {
    get loop() {
      if (seat.loop === undefined) throw new NotLeading()
      return seat.loop
    },
    leading: () => seat.leading,
    masterOrBlank: () => seat.loop?.master ?? blank,
    whole: async (shows) => seat.loop?.whole(shows),
    surroundings: { version: await readVersion(), flags: shownFlags(config, door.listening.port, reach) },
    processMetrics: () => metrics.snapshot(),
    onSlowReader: () => metrics.counter('http/slow_readers_cut').increment(),
    logging,
    files: new VirtualFiles(new Map(log)),
    logins,
  }
  door.open({ app: createMasterApp(parts, context, (message) => deliver(seat, message)), links: () => seat.links })
}

/** A master that does not lead is silent, as Mesos': drivers look for the leader by themselves. */
function deliver({ loop }: Seat, message: ReceivedMessage): boolean {
  if (message.to !== 'master') return false
  loop?.drivers.receive(message)
  return true
}

/** In name order; flags that Mesos does not have are shown only where they were set. */
function shownFlags(config: Config, port: number, { hostname }: Reach): Record<string, string> {
  const { insecure, ...rest } = flagStrings(flags, config)
  const shown: Record<string, string> = {
    ...rest,
    ...(insecure === 'true' && { insecure }),
    hostname,
    port: String(port),
    help: 'false',
    version: 'false',
  }
  return Object.fromEntries(Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1)))
}
