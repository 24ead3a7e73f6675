/**
 * What the master's core takes when agents join, without sockets and stores: new agents, and agents that come back to a
 * new leader with their tasks (P7). One JSON line a size; `growth` is the processor time against the size before, in proportion.
 */
import { createRandom } from '@thermosphere/effects'
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { createMaster, emptyRegistry, step } from '../index.ts'
import type { AgentRecord, Input, Master, Registry } from '../index.ts'
import { World } from '../testing/world.ts'

const { config, info } = new World().master
const capabilities = (['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'] as const).map((type) => ({ type }))
const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })

const agentInfo = (index: number, id?: string): mesos.AgentInfo => ({
  hostname: `agent-${index}`,
  port: 1024 + index,
  resources: [scalar('cpus', 8), scalar('mem', 16_384), scalar('disk', 65_536)],
  ...(id !== undefined && { id: { value: id } }),
})

const framework: mesos.FrameworkInfo = {
  name: 'bench',
  user: 'root',
  id: { value: 'F' },
  roles: ['bench'],
  checkpoint: true,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
}

function taskOf(agentId: string, index: number): agentLink.AgentTask {
  const task_id = { value: `${agentId}-task-${index}` }
  const resources = [scalar('cpus', 0.01), scalar('mem', 8)].map((one) => ({
    ...one,
    allocation_info: { role: 'bench' },
  }))
  const task: mesos.Task = {
    name: task_id.value,
    task_id,
    framework_id: { value: 'F' },
    agent_id: { value: agentId },
    state: 'TASK_RUNNING',
    resources,
    statuses: [{ task_id, state: 'TASK_RUNNING', timestamp: 1 }],
  }
  return { framework_id: { value: 'F' }, task, latest_state: 'TASK_RUNNING' }
}

const register = (index: number): agentLink.AgentMessage => ({
  type: 'REGISTER',
  register: { agent_info: agentInfo(index), version: '1.12.0', capabilities },
})

const reregister = (index: number, tasks: number): agentLink.AgentMessage => {
  const id = `A-S${index}`
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

type Counted = { longestMs: number; writeCount: number }

/** Steps the input and whatever follows once its writes are durable, which they are at once. */
function run(m: Master, first: Input, counted: Counted): void {
  const queue = [first]
  for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
    const startedAt = performance.now()
    const effects = step(m, input, 1_000)
    counted.longestMs = Math.max(counted.longestMs, performance.now() - startedAt)
    for (const effect of effects) {
      if (effect.type === 'store') counted.writeCount += effect.writes.length
      if (effect.type === 'continue') queue.push(effect.input)
    }
  }
}

const admitted = (agents: number): Map<string, AgentRecord> =>
  new Map(
    Array.from({ length: agents }, (_, index) => {
      const id = `A-S${index}`
      return [id, { info: agentInfo(index, id), deactivated: false, drain: undefined, drainStartedAt: 0 }]
    }),
  )

type Size = { readonly agents: number; readonly tasksEach: number }
type Joining = {
  readonly name: string
  message(index: number, size: Size): agentLink.AgentMessage
  registry(size: Size): Registry
}

function measure(
  { message, registry }: Joining,
  size: Size,
): { readonly cpuMs: number } & Readonly<Record<string, number>> {
  const name = 'thermosphere.agentlink.v1.AgentMessage'
  const messages = Array.from({ length: size.agents }, (_, index) => encodeProtobuf(name, message(index, size)))
  const m = createMaster({ config, info, registry: registry(size), random: createRandom(1), now: 1_000 })
  const counted: Counted = { longestMs: 0, writeCount: 0 }
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  messages.forEach((bytes, linkId) => {
    run(m, { type: 'link-opened', linkId, ip: '127.0.0.1' }, counted)
    run(m, { type: 'link-message', linkId, message: decodeProtobuf(name, bytes) }, counted)
  })
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  if (m.agents.size !== size.agents) throw new Error(`${m.agents.size} of ${size.agents} agents joined`)
  return {
    ...size,
    ms: Math.round(ms),
    cpuMs: Math.round((user + system) / 1000),
    longestStepMs: Math.round(counted.longestMs * 10) / 10,
    registryWrites: counted.writeCount,
  }
}

function print({ name, ...joining }: Joining, sizes: readonly Size[]): void {
  let before: { readonly cpuMs: number; readonly weight: number } | undefined
  for (const size of sizes) {
    const figures = measure({ name, ...joining }, size)
    const weight = size.agents * (size.tasksEach + 1)
    const growth = before && Math.round((figures.cpuMs / before.cpuMs / (weight / before.weight)) * 100) / 100
    process.stdout.write(`${JSON.stringify({ name, ...figures, growth })}\n`)
    before = { cpuMs: figures.cpuMs, weight }
  }
}

const size = (agents: number, tasksEach = 0): Size => ({ agents, tasksEach })
print({ name: 'new agents register', message: (index) => register(index), registry: () => emptyRegistry }, [
  size(1_000),
  size(5_000),
  size(10_000),
  size(20_000),
])
const comeBack: Joining = {
  name: 'P7 agents come back to a new leader',
  message: (index, { tasksEach }) => reregister(index, tasksEach),
  registry: ({ agents }) => ({ ...emptyRegistry, admitted: admitted(agents) }),
}
print(comeBack, [size(200, 100), size(1_000, 100), size(2_000, 100)])
print(comeBack, [size(2_000, 5), size(10_000, 5), size(20_000, 5)])
