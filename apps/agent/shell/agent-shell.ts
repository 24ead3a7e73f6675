import { recoverState, step } from '@thermosphere/agent-core'
import type {
  AgentConfig,
  AgentEffect,
  AgentInput,
  AgentState,
  ContainerToRecover,
  LaunchPlan,
} from '@thermosphere/agent-core'
import { assertNever } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import type { Containerizers } from '@thermosphere/isolation'
import type { Masters } from '@thermosphere/protocol/node'
import { CoreLoop } from '@thermosphere/service-kit'
import type { Background, LoopSurroundings } from '@thermosphere/service-kit'
import { loadavg } from 'node:os'
import { AgentError } from '../errors.ts'
import type { Loggers } from '../logger.ts'
import { AgentLink } from './agent-link/agent-link.ts'
import { CheckRunner } from './checks/check-runner.ts'
import type { Journal } from './checkpoint/journal.ts'
import { ContainerRunner } from './containers/container-runner.ts'
import type { SandboxCollector } from './containers/sandbox-collector.ts'
import { Drivers } from './executors/drivers.ts'
import { ExecutorConnections } from './executors/executor-connections.ts'
import { TOKEN_VARIABLE } from './executors/executor-tokens.ts'
import type { ExecutorTokens } from './executors/executor-tokens.ts'
import type { Fetcher } from './fetcher/fetcher.ts'
import { OperatorRequests } from './operators/operator-requests.ts'
import { Volumes } from './volumes/volumes.ts'

export type AgentShellOptions = {
  readonly config: AgentConfig
  readonly masters: Masters
  readonly random: Random
  readonly bootId: string | undefined
  readonly journal: Journal
  /** Whether a checkpoint that cannot be read, or a container that cannot be asked for, stops the agent. */
  readonly strict: boolean
  /** Ends everything that an earlier agent left, then the agent, without looking for a master. */
  readonly cleanup: boolean
  readonly containerizers: Containerizers
  readonly fetcher: Fetcher
  readonly collector: SandboxCollector
  /** Without them executors get no tokens. */
  readonly tokens: ExecutorTokens | undefined
  readonly background: Background
  readonly loggers: Loggers
  readonly loop: LoopSurroundings
  /** Makes `agentId` the one that a restart finds. */
  onAgentId(agentId: string): Promise<void>
  onExit(code: number, message: string): void
  onFatal(error: unknown): void
}

type Performed = Exclude<AgentEffect, { type: 'store' | 'timer' }>

/** Runs the core and carries out what it decides. */
export class AgentShell {
  readonly #options: AgentShellOptions
  readonly #loop: CoreLoop<AgentInput, AgentEffect>
  readonly #link: AgentLink
  readonly #checks: CheckRunner
  readonly #volumes = new Volumes()
  readonly #recovery: { readonly containers: readonly ContainerToRecover[]; readonly dropped: readonly string[] }
  readonly containers: ContainerRunner
  readonly executors: ExecutorConnections
  readonly drivers: Drivers
  readonly operators: OperatorRequests
  /** For view functions only; the core changes it between turns. */
  readonly state: AgentState

  constructor(options: AgentShellOptions) {
    this.#options = options
    const { journal, background, loggers } = options
    const recovery = recoverFrom(options)
    this.state = recovery.state
    this.#recovery = recovery
    const submit = (input: AgentInput): void => this.submit(input)
    this.containers = new ContainerRunner({
      process: options.containerizers.process,
      docker: options.containerizers.docker,
      fetcher: options.fetcher,
      volumes: this.#volumes,
      background,
      log: loggers.containers,
      submit,
    })
    this.#checks = new CheckRunner({ containers: this.containers, background, submit })
    this.executors = new ExecutorConnections(submit)
    const { config } = options
    this.drivers = new Drivers({ config, connections: this.executors, background, log: loggers.log })
    this.operators = new OperatorRequests({ containers: this.containers, submit })
    this.#link = new AgentLink({
      masters: options.masters,
      background,
      log: loggers.link,
      onUp: () => submit({ type: 'link-up' }),
      onDown: (reason) => submit({ type: 'link-down', reason }),
      onMessage: (message) => submit({ type: 'master', message }),
    })
    this.#loop = new CoreLoop<AgentInput, AgentEffect>({
      ...options.loop,
      step: (input, now) => step(this.state, input, now),
      persist: (writes) => journal.persist(writes),
      perform: (effect) => this.#perform(effect),
      timerInput: (key) => ({ type: 'timer', key }),
      onFatal: options.onFatal,
    })
  }

  get master(): string | undefined {
    return this.#link.master
  }

  submit(input: AgentInput): void {
    this.#loop.submit(input)
  }

  /** Takes over what an earlier agent left, then lets the core look for a master. */
  async recover(): Promise<void> {
    const { journal, strict, cleanup } = this.#options
    const { containers: handles, dropped } = this.#recovery
    if (dropped.length > 0) await journal.persist(dropped.map((key) => ({ type: 'delete', key })))
    const { containers, unknownCount } = await this.containers.recover(handles, { strict })
    this.state.counters.recoveryErrors += unknownCount
    this.submit({ type: 'recovered', containers, cleanup })
  }

  /** Tasks of frameworks that do not checkpoint end with their agent; the others go on. */
  async close(): Promise<void> {
    await this.#link.close()
    await this.#loop.close()
    // A process that dies ends nobody.
    if (this.#options.loop.halt?.aborted !== true) await this.#endUncheckpointed()
    await this.containers.settled()
    this.executors.close()
    this.drivers.close()
    this.operators.close()
  }

  async #endUncheckpointed(): Promise<void> {
    const ending = [...this.state.frameworks.values()]
      .filter(({ info }) => info.checkpoint !== true)
      .flatMap((framework) => [...framework.executors.values()])
      .flatMap((executor) => [executor.containerId, ...[...executor.tasks.values()].map((task) => task.containerId)])
    const sessions = [...this.state.operatorContainers.values()].filter(
      ({ kind, inheritance }) => kind === 'session' || !inheritance.isCheckpointed,
    )
    for (const { key } of sessions) await this.containers.end(key)
    for (const containerId of ending) if (containerId !== undefined) await this.containers.end(containerId)
  }

  #readLoad(): void {
    const [, fiveMinutes = 0, fifteenMinutes = 0] = loadavg()
    this.submit({ type: 'load', fiveMinutes, fifteenMinutes })
  }

  #perform(effect: Performed): void {
    const { containers, executors, operators } = this
    const { background } = this.#options
    switch (effect.type) {
      case 'send':
        return this.#link.send(effect.message)
      case 'connect':
        return this.#link.start()
      case 'reconnect':
        return this.#link.drop(effect.reason)
      case 'launch':
        return containers.launch(withToken(effect.plan, this.#options.tokens))
      case 'make-sandbox':
        return containers.makeSandbox(effect.plan)
      case 'signal':
        return containers.signal(effect.containerId, effect.signal)
      case 'signal-number':
        return containers.signal(effect.containerId, effect.signal)
      case 'destroy':
        return containers.destroy(effect.containerId)
      case 'update-limits':
        return containers.updateLimits(effect.containerId, effect.limits)
      case 'run-check':
        return this.#checks.run(effect)
      case 'executor-reply':
        return executors.reply(effect.requestId, effect.reply)
      case 'operator-reply':
        return operators.reply(effect.requestId, effect.reply)
      case 'remove-sandbox':
        return background.run('remove-sandbox', operators.removeSandbox(effect.path, effect.requestId))
      case 'executor-event':
        return executors.send(effect.connectionId, effect.event)
      case 'executor-close':
        return executors.end(effect.connectionId)
      case 'executor-reconnect':
        return this.drivers.reconnect(effect.driverPid, effect.agentId)
      case 'feedback':
        return this.submit(effect.input)
      case 'read-load':
        return this.#readLoad()
      case 'agent-id':
        return background.run('agent-id', this.#options.onAgentId(effect.agentId))
      case 'collect-sandbox':
        return this.#options.collector.add(effect.path)
      case 'make-volume':
        return background.run('make-volume', this.#volumes.make(effect.path))
      case 'remove-volume':
        return background.run('remove-volume', this.#volumes.remove(effect.path, effect))
      case 'log':
        return this.#options.loggers.log[effect.level](effect.fields, effect.event)
      case 'exit':
        return this.#options.onExit(effect.code, effect.message)
      default:
        return assertNever(effect)
    }
  }
}

/** Only here: what the core decides is written down and logged, and a token must not be. */
function withToken(plan: LaunchPlan, tokens: ExecutorTokens | undefined): LaunchPlan {
  if (plan.claims === undefined || tokens === undefined) return plan
  return { ...plan, environment: { ...plan.environment, [TOKEN_VARIABLE]: tokens.sign(plan.claims) } }
}

/** The core's state as the journal has it; what was left out of it is told. */
function recoverFrom({ config, random, journal, strict, bootId, loggers: { log } }: AgentShellOptions) {
  const surroundings = { config, random, now: Date.now(), strict, ...(bootId === undefined ? {} : { bootId }) }
  const recovery = recoverState(surroundings, journal.entries())
  if (recovery.type === 'incompatible') throw new AgentError('AGENT_CONFIG_INCOMPATIBLE', recovery.message)
  const { state, problems } = recovery
  if (journal.damage !== undefined) log.warn(journal.damage, 'agent.checkpoint.damaged')
  for (const problem of problems) log.warn({ problem }, 'agent.checkpoint.entry.dropped')
  state.counters.recoveryErrors += problems.length + (journal.damage === undefined ? 0 : 1)
  if (state.rebooted) log.warn({ bootId }, 'agent.rebooted')
  return recovery
}
