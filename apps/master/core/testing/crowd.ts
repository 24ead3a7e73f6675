/** Many agents with many tasks of one framework, as benches need them. */
import { createRandom } from '@thermosphere/effects'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { createMaster, emptyRegistry, step } from '../index.ts'
import type { AgentRecord, Effect, Input, Master, MasterConfig, Registry } from '../index.ts'
import { World } from './world.ts'

const { config, info } = new World().master
const capabilities = (['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'] as const).map((type) => ({ type }))
const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })

/** As a master is run: `longestStepMs` of a bench is what the event loop is held up for. */
const served = { ...config, allocationWorkMax: 2_000, stepWorkMax: 500 }

export const agentId = (index: number): string => `A-S${index}`

export const agentInfo = (index: number, id?: string): mesos.AgentInfo => ({
  hostname: `agent-${index}`,
  port: 1024 + (index % 60_000),
  resources: [scalar('cpus', 16), scalar('mem', 16_384), scalar('disk', 65_536)],
  ...(id !== undefined && { id: { value: id } }),
})

export const framework: mesos.FrameworkInfo = {
  name: 'bench',
  user: 'root',
  id: { value: 'F' },
  roles: ['bench'],
  checkpoint: true,
  failover_timeout: 3600,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
}

/** Small enough for 10,000 of them on an agent. */
const resources = [scalar('cpus', 0.001), scalar('mem', 1)].map((one) => ({
  ...one,
  allocation_info: { role: 'bench' },
}))

function taskOf(agent: string, index: number): agentLink.AgentTask {
  const task_id = { value: `${agent}-task-${index}` }
  const task: mesos.Task = {
    name: task_id.value,
    task_id,
    framework_id: { value: 'F' },
    agent_id: { value: agent },
    state: 'TASK_RUNNING',
    resources,
    statuses: [{ task_id, state: 'TASK_RUNNING', timestamp: 1 }],
  }
  return { framework_id: { value: 'F' }, task, latest_state: 'TASK_RUNNING' }
}

export const register = (index: number): agentLink.AgentMessage => ({
  type: 'REGISTER',
  register: { agent_info: agentInfo(index), version: '1.12.0', capabilities },
})

export const reregister = (index: number, tasks: number): agentLink.AgentMessage => {
  const id = agentId(index)
  const all = Array.from({ length: tasks }, (_, task) => taskOf(id, task))
  const said = {
    agent_info: agentInfo(index, id),
    version: '1.12.0',
    capabilities,
    frameworks: [framework],
    tasks: all,
  }
  return { type: 'REREGISTER', reregister: said }
}

export function admitted(agents: number): Map<string, AgentRecord> {
  const record = (index: number): AgentRecord => ({
    info: agentInfo(index, agentId(index)),
    deactivated: false,
    drain: undefined,
    drainStartedAt: 0,
  })
  return new Map(Array.from({ length: agents }, (_, index) => [agentId(index), record(index)]))
}

export const masterOf = (registry: Partial<Registry> = {}, changes: Partial<MasterConfig> = {}): Master =>
  createMaster({
    config: { ...served, ...changes },
    info,
    registry: { ...emptyRegistry, ...registry },
    random: createRandom(1),
    now: 1_000,
  })

/** What steps did. */
export type Counted = { pieces: number; effects: number; writes: number }

type Timed = (piece: () => Effect[]) => Effect[]

/** Steps the input and what follows once its writes are durable, which they are at once. `timed` runs each piece. */
export function run(m: Master, first: Input, timed: Timed = (piece) => piece()): Counted {
  const counted: Counted = { pieces: 0, effects: 0, writes: 0 }
  const queue = [first]
  for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
    const next = input
    const effects = timed(() => step(m, next, 1_000))
    counted.pieces++
    counted.effects += effects.length
    for (const effect of effects) {
      if (effect.type === 'store') counted.writes += effect.writes.length
      if (effect.type === 'cut') queue.unshift({ type: 'rest' })
      if (effect.type === 'continue') queue.push(effect.input)
    }
  }
  return counted
}

/** One link and agent each, back with so many tasks. */
export function comeBack(m: Master, agents: number, tasksEach: number): void {
  for (let linkId = 0; linkId < agents; linkId++) {
    run(m, { type: 'link-opened', linkId, ip: '127.0.0.1' })
    run(m, { type: 'link-message', linkId, message: reregister(linkId, tasksEach) })
  }
}

/** A master whose agents are back with their tasks. */
export function crowd(agents: number, tasksEach: number, changes: Partial<MasterConfig> = {}): Master {
  const m = masterOf({ admitted: admitted(agents) }, changes)
  comeBack(m, agents, tasksEach)
  return m
}

/** The framework of the tasks, connected, and offered what is free. */
export function subscribe(m: Master, overrides: Partial<mesos.FrameworkInfo> = {}): void {
  const subscription = { framework_info: { ...framework, ...overrides } }
  run(m, { type: 'subscribe', streamId: `stream-${m.now}`, subscribe: subscription })
  while (m.allocator.isInRun) run(m, { type: 'timer', key: 'allocation-rest' })
}
