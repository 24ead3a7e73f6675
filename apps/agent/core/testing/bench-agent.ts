/** The core under test: a journal in memory, a clock by hand, and everything that it wants done in a list. */
import { applyWrites, createRandom } from '@thermosphere/effects'
import { decodeJson } from '@thermosphere/protocol'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { CAPABILITIES, recoverState, step } from '../index.ts'
import type { Access, AgentConfig, AgentEffect, AgentInput, AgentState } from '../index.ts'

export const FRAMEWORK_ID = 'm-0000'
export const AGENT_ID = 'm-S0'

/** Of somebody where there are no rules. */
export const openAccess: Access = { acls: undefined, asker: { type: 'anybody' } }

export function scalar(name: string, value: number): mesos.Resource {
  return { name, type: 'SCALAR', scalar: { value }, allocation_info: { role: 'r' } }
}

export function frameworkInfo(change: Partial<mesos.FrameworkInfo> = {}): mesos.FrameworkInfo {
  return {
    user: 'root',
    name: 'f',
    id: { value: FRAMEWORK_ID },
    roles: ['r'],
    checkpoint: true,
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
    ...change,
  }
}

export function taskInfo(id: string, change: Partial<mesos.TaskInfo> = {}): mesos.TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: AGENT_ID },
    resources: [scalar('cpus', 0.1), scalar('mem', 32)],
    command: { shell: true, value: 'sleep 1' },
    ...change,
  }
}

export function testConfig(change: Partial<AgentConfig> = {}): AgentConfig {
  return {
    workDir: '/w',
    ip: '127.0.0.1',
    port: 5051,
    hostname: 'localhost',
    version: '1.12.0',
    resources: [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 4 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 1024 } },
      { name: 'disk', type: 'SCALAR', scalar: { value: 1024 } },
    ],
    attributes: [],
    domain: undefined,
    capabilities: CAPABILITIES,
    reconfigurationPolicy: 'equal',
    executorRegistrationTimeoutMs: 60_000,
    executorReregistrationTimeoutMs: 2000,
    executorShutdownGraceMs: 5000,
    registrationBackoffMs: 1000,
    recoveryTimeoutMs: 900_000,
    executorEnvironment: { PATH: '/bin' },
    switchUser: false,
    enforcesLimits: true,
    oversubscription: undefined,
    loadThresholds: undefined,
    acls: undefined,
    completedFrameworksMax: 50,
    completedExecutorsMax: 150,
    completedTasksMax: 200,
    ...change,
  }
}

type BenchOptions = {
  readonly journal?: Map<string, string>
  readonly config?: AgentConfig
  readonly seed?: number
  readonly bootId?: string
  readonly strict?: boolean
}

export class BenchAgent {
  state: AgentState
  now = 1_000_000
  readonly journal: Map<string, string>
  readonly config: AgentConfig
  /** What the core asked for since the last look, without writes and timers. */
  effects: AgentEffect[] = []
  readonly timers = new Map<string, number>()
  readonly toRecover: string[]
  readonly problems: readonly string[]
  readonly #seed: number

  constructor(options: BenchOptions = {}) {
    this.journal = options.journal ?? new Map<string, string>()
    this.config = options.config ?? testConfig()
    this.#seed = options.seed ?? 1
    const random = createRandom(this.#seed)
    const { bootId = 'boot-1', strict = true } = options
    const recovery = recoverState({ config: this.config, random, now: this.now, bootId, strict }, this.journal)
    if (recovery.type === 'incompatible') throw new Error(recovery.message)
    this.state = recovery.state
    this.problems = recovery.problems
    for (const key of recovery.dropped) this.journal.delete(key)
    this.toRecover = recovery.containers.map((container) => container.containerId)
  }

  /** A new agent that is registered. */
  static registered(options: BenchOptions = {}): BenchAgent {
    const agent = new BenchAgent(options)
    agent.input({ type: 'recovered', containers: [] })
    agent.input({ type: 'link-up' })
    agent.master({ type: 'REGISTERED', registered: { agent_id: { value: AGENT_ID } } })
    agent.take()
    return agent
  }

  /** As after kill -9: only the journal is left. `running` containers were found again. */
  restarted(running: readonly string[], options: BenchOptions = {}): BenchAgent {
    const base = { journal: new Map(this.journal), config: this.config, seed: this.#seed + 1 }
    const next = new BenchAgent({ ...base, ...options })
    next.now = this.now
    const containers = next.toRecover.map((containerId) => {
      return { containerId, state: running.includes(containerId) ? ('running' as const) : ('ended' as const) }
    })
    next.input({ type: 'recovered', containers })
    return next
  }

  reregister(): void {
    this.input({ type: 'link-up' })
    this.master({ type: 'REREGISTERED', reregistered: { agent_id: { value: AGENT_ID } } })
  }

  input(input: AgentInput): void {
    const effects = step(this.state, input, this.now)
    for (const effect of effects) {
      if (effect.type === 'store') applyWrites(this.journal, effect.writes)
      else if (effect.type === 'timer') this.#arm(effect.key, effect.at)
      else if (effect.type === 'feedback') this.input(effect.input)
      else this.effects.push(effect)
    }
  }

  master(message: agentLink.MasterMessage): void {
    this.input({ type: 'master', message })
  }

  run(task: mesos.TaskInfo, framework = frameworkInfo()): string {
    this.master({ type: 'RUN_TASK', run_task: { framework_info: framework, task, launch_executor: true } })
    return this.launchedIds().at(-1) ?? ''
  }

  launched(containerId: string, pid = 100): void {
    this.input({ type: 'launched', containerId, pid, handle: { containerId, pid } })
  }

  ended(containerId: string, end: { exitCode?: number; signal?: number } = { exitCode: 0 }): void {
    this.input({ type: 'ended', containerId, end })
  }

  kill(taskId: string, graceMs?: number): void {
    const ids = { framework_id: { value: FRAMEWORK_ID }, task_id: { value: taskId } }
    const policy = graceMs === undefined ? {} : { kill_policy: { grace_period: { nanoseconds: graceMs * 1e6 } } }
    this.master({ type: 'KILL_TASK', kill_task: { ...ids, ...policy } })
  }

  acknowledge(status: mesos.TaskStatus): void {
    const ids = { framework_id: { value: FRAMEWORK_ID }, task_id: status.task_id }
    this.master({
      type: 'STATUS_UPDATE_ACK',
      status_update_ack: { ...ids, uuid: status.uuid ?? new Uint8Array() },
    })
  }

  /** Moves the clock and fires what is due, in order. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = [...this.timers].filter(([, at]) => at <= until).sort(([, a], [, b]) => a - b)[0]
      if (due === undefined) break
      this.timers.delete(due[0])
      this.now = Math.max(this.now, due[1])
      this.input({ type: 'timer', key: due[0] })
    }
    this.now = until
  }

  take(): AgentEffect[] {
    return this.effects.splice(0)
  }

  /** Statuses sent to the master since the last `take`. */
  sent(): mesos.TaskStatus[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.status_update !== undefined ? [effect.message.status_update.status] : [],
    )
  }

  /** Acknowledges everything that is sent until nothing more comes; gives the states in order. */
  drain(): string[] {
    const states: string[] = []
    for (;;) {
      const sent = this.sent()
      this.effects = this.effects.filter(
        (effect) => effect.type !== 'send' || effect.message.status_update === undefined,
      )
      if (sent.length === 0) return states
      for (const status of sent) {
        states.push(status.state)
        this.acknowledge(status)
      }
    }
  }

  launchedIds(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'launch' ? [effect.plan.containerId] : []))
  }

  signals(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'signal' ? [effect.signal] : []))
  }

  #arm(key: string, at: number | undefined): void {
    if (at === undefined) this.timers.delete(key)
    else this.timers.set(key, at)
  }
}

/** The task status inside a stored update. */
export function storedStatus(value: string): mesos.TaskStatus {
  const stored: unknown = JSON.parse(value)
  const status = typeof stored === 'object' && stored !== null && 'status' in stored ? stored.status : {}
  return decodeJson('mesos.v1.TaskStatus', JSON.stringify(status))
}
