/** Puts the parts together. */
import { createRandom } from '@thermosphere/effects'
import { Gate, listen, StartupError } from '@thermosphere/service-kit'
import type { Lifecycle, Logger } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { coreConfig, hostnameOf } from './config.ts'
import type { Config } from './config.ts'
import { exitCodes } from './errors.ts'
import { createMarathonApp } from './http/app.ts'
import { loggersOf } from './logger.ts'
import { MarathonShell } from './shell/marathon-shell.ts'
import { MarathonMetrics } from './shell/metrics.ts'
import { loadState } from './shell/state-store.ts'

export type RunningMarathon = { readonly port: number; readonly shell: MarathonShell }

/** Starts Marathon; `lifecycle` closes its parts in reverse order. */
export async function startMarathon(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<RunningMarathon> {
  const loggers = loggersOf(logger)
  const store = await openStateStore(config)
  lifecycle.defer('store', () => store.close())
  const gate = new Gate('Marathon is starting')
  const server = createServer(gate.handle)
  const listening = await listen({
    target: server,
    ip: config.http_address,
    port: config.http_port,
    insecure: config.insecure,
    authenticated: config.http_credentials !== undefined,
    flags: { ip: '--http_address', port: '--http_port' },
  })
  lifecycle.defer('http', () => listening.close())
  const leader = `${hostnameOf(config)}:${listening.port}`
  const random = createRandom(randomBytes(4).readUInt32LE())
  const state = await loadState(store, { config: coreConfig(config, `http://${leader}`), random })
  refuseLostFramework(state)
  const metrics = new MarathonMetrics()
  metrics.watch(state)
  const shell = new MarathonShell({
    state,
    store,
    masters: config.master,
    credential: credentialOf(config),
    probesMax: config.max_concurrent_marathon_health_checks,
    metrics,
    loggers,
    loop: lifecycle.loop,
    onFatal: (error) => lifecycle.fatal(error),
    onRefused: (message) => refuse(lifecycle, message),
  })
  lifecycle.defer('shell', () => shell.close())
  const abdicate = (): void => lifecycle.stop('leadership was given up')
  const { app, events } = createMarathonApp({ shell, state, config, metrics, loggers, leader: () => leader, abdicate })
  lifecycle.defer('events', () => events.close())
  gate.open(app)
  shell.listen(({ eventType }) => metrics.countEventType(eventType))
  shell.start()
  logger.info({ port: listening.port, apps: state.root.apps.size, instances: state.instances.size }, 'marathon.started')
  return { port: listening.port, shell }
}

async function openStateStore(config: Config) {
  if (config.store !== undefined) return openStore(config.store)
  await mkdir(config.work_dir, { recursive: true })
  return openStore(`sqlite:${join(config.work_dir, 'marathon.db')}`)
}

function credentialOf(config: Config) {
  const { mesos_authentication_principal: principal, mesos_authentication_secret: secret } = config
  return principal === undefined || secret === undefined ? undefined : { principal, secret }
}

/** Under a new framework id Mesos would not let us have the tasks that run. */
function refuseLostFramework(state: MarathonShell['state']): void {
  const hasTasks = [...state.instances.all()].some((instance) => instance.state.condition !== 'Scheduled')
  if (state.frameworkId !== undefined || !hasTasks) return
  throw new StartupError('the store has instances but no framework id; restore the id or remove the store')
}

function refuse(lifecycle: Lifecycle, message: string): void {
  const wasRemoved = /removed/i.test(message)
  lifecycle.fatal(new StartupError(message), wasRemoved ? exitCodes.frameworkRemoved : exitCodes.schedulerError)
}
