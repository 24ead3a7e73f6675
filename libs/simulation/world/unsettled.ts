/** Where a whole cluster must come to by itself, and what is still missing. */
import type { AgentState } from '@thermosphere/agent-core'
import type { Master } from '@thermosphere/master-core'
import { nameOf } from '../hosts/agent/machine.ts'
import { endStates } from '../hosts/scheduler/task-states.ts'
import type { ScriptedTask } from '../hosts/scripted/scripted-framework.ts'
import { differenceOf, isToldRight } from '../invariants/stateful/revocable-invariants.ts'
import type { Cluster } from './cluster.ts'
import type { Violation } from './report.ts'

/** Who has not found back to the others. */
export function* absent(cluster: Cluster): Generator<Violation> {
  for (const { name, isUp } of cluster.members.values())
    if (!isUp) yield { invariant: 'processes-come-back', message: `${name} is down` }
  const leader = cluster.leader()
  if (leader === undefined) return yield { invariant: 'leader-after-healing', message: 'no master leads' }
  for (const [name, { state }] of cluster.agents) {
    const known = state.agentId === undefined ? undefined : leader.master.agents.get(state.agentId)
    if (state.link.type !== 'registered' || known?.connected !== true)
      yield { invariant: 'agents-come-back', message: `${name} (${state.agentId}) is ${state.link.type}` }
  }
  for (const [name, framework] of cluster.frameworks) {
    const known = leader.master.frameworks.get(cluster.memories.get(name)?.id ?? '')
    if (!framework.isConnected || known?.connection.state !== 'connected')
      yield { invariant: 'frameworks-come-back', message: `${name} is not connected` }
  }
}

/** What the books do not agree about. */
export function* disagreements(cluster: Cluster): Generator<Violation> {
  const leader = cluster.leader()
  if (leader === undefined) return yield { invariant: 'leader-after-healing', message: 'no master leads' }
  for (const name of cluster.agents.keys()) yield* ofAgent(cluster, name, leader.master)
  for (const { id, drain } of leader.master.agents.values())
    if (drain?.state === 'DRAINING') yield { invariant: 'drains-end', message: `${id} still drains` }
  for (const [name, memory] of cluster.memories) {
    const own = [...memory.tasks.values()].filter((task) => !endStates.has(task.state) && !isOutOfReach(cluster, task))
    const inMaster = [...(leader.master.frameworks.get(memory.id ?? '')?.tasks.values() ?? [])]
    const live = inMaster.filter(({ wire }) => !endStates.has(wire.state))
    yield* compare('no-orphan-tasks', { [name]: own.map(({ id }) => id), 'the master': live.map(({ id }) => id) })
  }
  yield* cluster.operator.disagreements(leader.master)
}

function* ofAgent(cluster: Cluster, name: string, master: Master): Generator<Violation> {
  const { state } = cluster.agents.get(name) ?? {}
  const frameworks = [...(state?.frameworks.values() ?? [])]
  for (const { taskId, pending } of frameworks.flatMap(({ streams }) => [...streams.values()]))
    if (pending.length > 0)
      yield { invariant: 'updates-delivered', message: `${name} has ${pending.length} updates of ${taskId} left` }
  const tasks = frameworks.flatMap(({ executors }) => [...executors.values()].flatMap((one) => [...one.tasks]))
  const live = tasks.filter(([, task]) => !endStates.has(task.state)).map(([id]) => id)
  const known = master.agents.get(state?.agentId ?? '')
  if (state?.drain !== undefined && known?.drain === undefined)
    yield { invariant: 'drains-end', message: `${name} still drains, and its master does not want that any more` }
  yield* ofResources(cluster, { name, state, known })
  const inMaster = [...(known?.tasks.values() ?? [])].filter(({ wire }) => !endStates.has(wire.state))
  yield* compare('books-agree', { [name]: live, 'the master': inMaster.map(({ id }) => id) })
  const machine = cluster.machines.get(name)
  yield* compare('no-orphan-containers', { [name]: live, 'its host': machine?.runningTasks() ?? [] })
  yield* ofExecutors(cluster, { name, state, known })
}

/** Executors of frameworks: the agent's, the master's, and the processes. */
function* ofExecutors(cluster: Cluster, { name, state, known }: Place): Generator<Violation> {
  const executors = [...(state?.frameworks.values() ?? [])].flatMap((one) => [...one.executors.values()])
  const custom = executors.filter(({ kind, phase }) => kind === 'custom' && phase.type !== 'terminated')
  const own = custom.map(({ id }) => id)
  const inMaster = [...(known?.executors.values() ?? [])].flatMap((byId) => [...byId.keys()])
  yield* compare('books-agree', { [name]: own, 'the master': inMaster })
  const running = cluster.machines
    .get(name)
    ?.running()
    .filter(({ launched }) => launched.type === 'executor')
  yield* compare('no-orphan-containers', { [name]: own, 'its host': running?.map(nameOf) ?? [] })
}

type Place = {
  readonly name: string
  readonly state: AgentState | undefined
  readonly known: ReturnType<Master['agents']['get']>
}

function* ofResources(cluster: Cluster, { name, state, known }: Place): Generator<Violation> {
  if (state === undefined || known === undefined) return
  if (!state.total.equals(known.total.nonRevocable()))
    yield { invariant: 'books-agree', message: `${name} has ${state.total}, for the master it has ${known.total}` }
  const machine = cluster.machines.get(name)
  if (machine !== undefined && !isToldRight({ machine, state, known }))
    yield { invariant: 'revocable-told-again', message: differenceOf({ machine, state, known }) }
  const pending = [...state.operations.keys(), ...known.operations.keys()]
  if (pending.length > 0)
    yield { invariant: 'updates-delivered', message: `${pending.length} operations of ${name} are not over` }
  const volumes = new Set(state.total.persistentVolumes().items.flatMap(({ meta }) => meta.disk?.persistence?.id ?? []))
  for (const path of machine?.volumes.keys() ?? [])
    if (!volumes.has(path.slice(path.lastIndexOf('/') + 1)))
      yield { invariant: 'destroyed-volumes-are-gone', message: `${path} is still on the disk of ${name}` }
}

/** What was launched on an agent that nobody is any more stays unreachable until that is forgotten, as with Mesos. */
function isOutOfReach(cluster: Cluster, { state, agentId }: ScriptedTask): boolean {
  return state === 'TASK_UNREACHABLE' && !cluster.hasAgent(agentId)
}

function* compare(invariant: string, sides: Record<string, Iterable<string>>): Generator<Violation> {
  const [[one = '', ones = []] = [], [other = '', others = []] = []] = Object.entries(sides)
  const left = new Set(ones)
  const right = new Set(others)
  for (const id of left) if (!right.has(id)) yield { invariant, message: `${id} is known to ${one}, not to ${other}` }
  for (const id of right) if (!left.has(id)) yield { invariant, message: `${id} is known to ${other}, not to ${one}` }
}
