import { CAPABILITIES } from '@thermosphere/agent-core'
import type { AgentConfig } from '@thermosphere/agent-core'
import { createRandom, errorMessage } from '@thermosphere/effects'
import { createContainerizers, IsolationError } from '@thermosphere/isolation'
import type { Containerizers } from '@thermosphere/isolation'
import {
  Background,
  createHttpServer,
  createLogging,
  Gate,
  listen,
  listeningIp,
  reachOf,
  StartupError,
} from '@thermosphere/service-kit'
import type { Lifecycle, Logger, Reach } from '@thermosphere/service-kit'
import { readAcls } from '@thermosphere/protocol/acls'
import { createSharedPortServer } from '@thermosphere/protocol/node'
import { findMasters } from '@thermosphere/store'
import { randomBytes } from 'node:crypto'
import { access, mkdir } from 'node:fs/promises'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { configStrings } from './config.ts'
import type { Config } from './config.ts'
import { hasOpenRealm, openDoors, warnOfOpenDoors } from './http/access/doors.ts'
import { createAgentApp } from './http/app.ts'
import { driverMessages } from './http/executor/driver-messages.ts'
import { loggersOf } from './logger.ts'
import { AgentShell } from './shell/agent-shell.ts'
import { Journal } from './shell/checkpoint/journal.ts'
import {
  defaultRuntimeDir,
  isForgotten,
  linkLatest,
  readBootId,
  removeEmptyRuntimeDir,
  takeLock,
} from './shell/checkpoint/work-dir.ts'
import { SandboxCollector } from './shell/containers/sandbox-collector.ts'
import { fixedEstimate, loadThresholds } from './modules.ts'
import { ExecutorTokens, readTokenKey } from './shell/executors/executor-tokens.ts'
import { Fetcher } from './shell/fetcher/fetcher.ts'
import { diskProblem } from './shell/machine/disks.ts'
import { detectResources, givenResources, parseAttributes } from './shell/machine/detect-resources.ts'
import { VERSION } from './version.ts'

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export type RunningAgent = { readonly port: number; readonly shell: AgentShell; readonly isolation: string }

/** Puts the parts together and starts them; `lifecycle` closes them in reverse order. */
export async function startAgent(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<RunningAgent> {
  const loggers = loggersOf(logger)
  const workDir = config.work_dir
  const tokens =
    config.jwt_secret_key === undefined ? undefined : new ExecutorTokens(readTokenKey(config.jwt_secret_key))
  const doors = openDoors(config, tokens)
  await mkdir(join(workDir, 'meta', 'slaves'), { recursive: true })
  lifecycle.defer('lock', await takeLock(join(workDir, 'meta', 'agent.lock')))
  const background = new Background((name, error) => logger.error({ err: error, name }, 'background.failed'))
  const journal = await openJournal(config)
  lifecycle.defer('journal', () => journal.close())
  const runtimeDir = config.runtime_dir ?? (await defaultRuntimeDir(workDir))
  lifecycle.defer('runtime-dir', () => removeEmptyRuntimeDir(runtimeDir))
  const containerizers = await openContainerizers(config, runtimeDir)
  lifecycle.defer('containerizers', () => containerizers.close())
  const fetcher = openFetcher(config)
  await fetcher.prepare()
  const collector = openCollector(config, background)
  // The port must be known before the core begins: it is part of what the agent tells its master.
  const gate = new Gate('Agent has not finished recovery')
  // The input of a session takes as long as somebody types.
  const httpServer = createHttpServer(gate.handle, { requestTimeoutMs: 0 })
  // Knows the connections of drivers that take no answers.
  const server = createSharedPortServer({ httpServer })
  server.maxConnections = httpServer.maxConnections
  const listening = await openListener(server, config, lifecycle)
  const shell = new AgentShell({
    config: await coreConfig(config, { reach: listening.reach, containerizers }),
    masters: findMasters(config.master, (err) => loggers.link.warn({ err }, 'leader.unknown')),
    random: createRandom(randomBytes(4).readUInt32LE()),
    bootId: await readBootId(),
    journal,
    strict: config.strict,
    cleanup: config.recover === 'cleanup',
    containerizers,
    fetcher,
    collector,
    tokens,
    background,
    loggers,
    loop: lifecycle.loop,
    onAgentId: (agentId) => linkLatest(workDir, agentId),
    onExit: (code, message) => {
      logger.warn({ code, reason: message }, 'agent.exit')
      leave(lifecycle, code, message)
    },
    onFatal: (error) => lifecycle.fatal(error),
  })
  lifecycle.defer('shell', () => shell.close())
  const flags = { ...configStrings(config), isolation: isolators[containerizers.process.name] }
  const logging = createLogging(logger, loggers.link, loggers.containers)
  lifecycle.defer('logging', () => logging.close())
  const context = { shell, flags, fetcher, collector, config, background, logger, logging, doors }
  gate.open(driverMessages(context, createAgentApp(context)))
  if (shell.state.agentId !== undefined) await linkLatest(workDir, shell.state.agentId)
  await shell.recover()
  await collector.findOld(liveDirectories(shell))
  collector.start()
  lifecycle.defer('collector', () => collector.close())
  const isolation = containerizers.describe()
  warnOfOpenDoors(config, logger)
  logger.info({ port: listening.port, workDir, isolation }, 'agent.started')
  return { port: listening.port, shell, isolation }
}

/** What `auto` came to, in Mesos' words: an operator reads it at /flags. */
const isolators = {
  posix: 'posix/cpu,posix/mem',
  linux: 'cgroups/cpu,cgroups/mem,cgroups/pids,namespaces/pid,filesystem/linux',
  docker: 'docker',
} as const

function leave(lifecycle: Lifecycle, code: number, message: string): void {
  if (code === 0) lifecycle.stop(message)
  else lifecycle.fatal(new StartupError(message), code)
}

/** An operator who removes `meta/slaves/latest` wants a new agent id; reservations and volumes stay. */
async function openJournal(config: Config): Promise<Journal> {
  const journal = await Journal.open({ path: join(config.work_dir, 'meta', 'agent.journal'), strict: config.strict })
  if (await isForgotten(config.work_dir, journal.entries().get('agent'))) {
    const keys = [...journal.entries().keys()].filter((key) => key !== 'resources')
    await journal.persist(keys.map((key) => ({ type: 'delete', key })))
  }
  return journal
}

async function openContainerizers(config: Config, runtimeDir: string): Promise<Containerizers> {
  const mode = isolationMode(config.isolation)
  const docker = config.containerizers.includes('docker') && (await isThere(config.docker_socket))
  try {
    return await createContainerizers({
      runtimeDir,
      mode,
      ...(docker ? { docker: { socketPath: config.docker_socket } } : {}),
      cgroupsRoot: config.cgroups_root,
      isCfsEnabled: config.cgroups_enable_cfs,
      agentWatch: { recoveryTimeoutMs: config.recovery_timeout, graceMs: config.executor_shutdown_grace_period },
    })
  } catch (error) {
    if (error instanceof IsolationError) throw new StartupError(error.message, { cause: error })
    throw error
  }
}

/** Mesos' lists of isolators as well as our three words. */
function isolationMode(text: string): 'auto' | 'posix' | 'linux' {
  if (text === 'auto') return 'auto'
  return /cgroups|namespaces|linux/.test(text) ? 'linux' : 'posix'
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

function openFetcher(config: Config): Fetcher {
  return new Fetcher({
    cacheDir: config.fetcher_cache_dir ?? join(config.work_dir, 'fetch'),
    cacheBytesMax: config.fetcher_cache_size,
    stallTimeoutMs: config.fetcher_stall_timeout,
    frameworksHome: config.frameworks_home,
  })
}

function openCollector(config: Config, background: Background): SandboxCollector {
  return new SandboxCollector({
    root: join(config.work_dir, 'slaves'),
    gcDelayMs: config.gc_delay,
    diskHeadroom: config.gc_disk_headroom,
    watchIntervalMs: config.disk_watch_interval,
    background,
  })
}

async function openListener(server: Server, config: Config, lifecycle: Lifecycle): Promise<Listener> {
  const { port, insecure } = config
  const ip = await listeningIp(config)
  const listening = await listen({ target: server, ip, port, insecure, authenticated: !hasOpenRealm(config) })
  lifecycle.defer('http', () => listening.close())
  // Executors on this machine reach an agent that listens everywhere by itself.
  return { port: listening.port, reach: await reachOf(config, { ip, port: listening.port, ofAny: '127.0.0.1' }) }
}

type Listener = { readonly port: number; readonly reach: Reach }
type Place = { readonly reach: Reach; readonly containerizers: Containerizers }

async function coreConfig(config: Config, { reach, containerizers }: Place): Promise<AgentConfig> {
  const given = parsed('--resources', () => givenResources(config.resources, config.default_role))
  const problem = await diskProblem(given)
  if (problem !== undefined) throw new StartupError(`--resources: ${problem}`)
  return {
    workDir: config.work_dir,
    ...reach,
    advertisedIp: config.advertise_ip,
    version: VERSION,
    resources: await detectResources(given, config.work_dir),
    attributes: parsed('--attributes', () => parseAttributes(config.attributes)),
    domain: config.domain,
    capabilities: config.agent_features?.capabilities.map(({ type }) => type) ?? CAPABILITIES,
    reconfigurationPolicy: config.reconfiguration_policy,
    executorRegistrationTimeoutMs: config.executor_registration_timeout,
    executorReregistrationTimeoutMs: config.executor_reregistration_timeout,
    executorShutdownGraceMs: config.executor_shutdown_grace_period,
    registrationBackoffMs: config.registration_backoff_factor,
    recoveryTimeoutMs: config.recovery_timeout,
    executorEnvironment: config.executor_environment_variables ?? { PATH: DEFAULT_PATH },
    switchUser: config.switch_user && process.getuid?.() === 0,
    ...oversubscriptionOf(config),
    enforcesLimits: containerizers.process.name === 'linux',
    acls: config.acls && readAcls(config.acls),
    completedFrameworksMax: 50,
    completedExecutorsMax: config.max_completed_executors_per_framework,
    completedTasksMax: 200,
  }
}

function oversubscriptionOf(config: Config): Pick<AgentConfig, 'oversubscription' | 'loadThresholds'> {
  const { modules, resource_estimator: estimator, qos_controller: controller } = config
  return {
    oversubscription:
      estimator === undefined
        ? undefined
        : {
            resources: parsed('--resource_estimator', () => fixedEstimate(modules)),
            intervalMs: config.oversubscribed_resources_interval,
          },
    loadThresholds:
      controller === undefined
        ? undefined
        : {
            ...parsed('--qos_controller', () => loadThresholds(modules)),
            intervalMs: config.qos_correction_interval_min,
          },
  }
}

/** A flag whose text is read here: what is wrong with it is one sentence. */
function parsed<T>(flag: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new StartupError(`${flag}: ${errorMessage(cause)}`, { cause })
  }
}

/** Sandboxes that somebody may still ask for: they are collected when their executor is. */
function liveDirectories(shell: AgentShell): Set<string> {
  const frameworks = [...shell.state.frameworks.values()]
  return new Set(
    frameworks.flatMap((framework) => [...framework.executors.values()].map((executor) => executor.directory)),
  )
}
