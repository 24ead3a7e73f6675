import type { mesos } from '@thermosphere/protocol'
import { frameworkSpec } from './allocation-books.ts'
import { armTimer, cancelTimer, note, tellAgent, tellOperators } from './emit.ts'
import { createCounters } from './counters.ts'
import { discardOffers, dropInverseOffer, rescindEach, rescindInverseOffer } from './offers.ts'
import { PagedList } from './books/paged-list.ts'
import { Tally } from './books/tally.ts'
import { createTaskHistory, TaskBook } from './books/task-book.ts'
import { leaveForRest } from './steps/rest.ts'
import type { Rest } from './steps/rest.ts'
import { applyStatus, masterStatus, releaseTasks, removeExecutor, removeTask } from './tasks.ts'
import { showFramework } from './views/shown.ts'
import { frameworkEvent } from './views/v1-entities.ts'
import { frameworkCounterNames } from './views/metric-names.ts'
import type { Framework, FrameworkId, Master } from './model.ts'

/** The roles a framework subscribes with; the one of a single-role framework defaults to `*`. */
export function rolesOf(info: mesos.FrameworkInfo): readonly string[] {
  const multiRole = (info.capabilities ?? []).some((capability) => capability.type === 'MULTI_ROLE')
  return multiRole ? (info.roles ?? []) : [info.role ?? '*']
}

export const capabilitiesOf = (info: mesos.FrameworkInfo): ReadonlySet<string> =>
  new Set((info.capabilities ?? []).map((capability) => capability.type ?? 'UNKNOWN'))

/** A framework that is not yet in the books. */
export function createFramework(m: Master, id: FrameworkId, info: mesos.FrameworkInfo): Framework {
  return {
    id,
    info: { ...info, id: { value: id } },
    connection: { state: 'recovered' },
    pid: undefined,
    active: false,
    roles: rolesOf(info),
    suppressed: new Set(),
    capabilities: capabilitiesOf(info),
    offerConstraints: undefined,
    registeredAt: m.now,
    reregisteredAt: m.now,
    unregisteredAt: 0,
    tasks: new TaskBook(),
    unreachableTasks: new TaskBook(),
    completedTasks: createTaskHistory(m.config.maxCompletedTasksPerFramework),
    executors: new Map(),
    executorList: new PagedList(),
    offers: new Set(),
    offered: new Tally(),
    inverseOffers: new Set(),
    operations: new Map(),
    used: new Tally(),
    counters: createCounters(frameworkCounterNames),
  }
}

export function addFramework(m: Master, framework: Framework): void {
  m.frameworks.set(framework.id, framework)
  m.allocator.addFramework(frameworkSpec(framework))
  adoptOrphans(m, framework)
}

/** Ended, and never to come back. */
export const isCompleted = (m: Master, id: string | undefined): boolean =>
  m.completedFrameworks.find((framework) => framework.id === id) !== undefined

/** Agents that have come back before it may have told of its operations. */
function adoptOrphans(m: Master, framework: Framework): void {
  for (const { operations } of m.agents.values())
    for (const operation of operations.values())
      if (operation.frameworkId === framework.id) framework.operations.set(operation.uuid, operation)
}

/** A framework that only agents have told of: it waits, without a deadline, for its scheduler. */
export function recoverFramework(m: Master, info: mesos.FrameworkInfo): Framework | undefined {
  const id = info.id?.value
  if (id === undefined) return undefined
  const known = m.frameworks.get(id)
  if (known) return known
  const framework = createFramework(m, id, info)
  addFramework(m, framework)
  tellOperators(m, {
    type: 'FRAMEWORK_ADDED',
    framework_added: { framework: frameworkEvent(showFramework(framework)) },
  })
  note(m, 'framework.recovered', { frameworkId: id, name: info.name })
  return framework
}

/** The scheduler's stream is gone: no offers, and a deadline until it must be back. */
export function disconnectFramework(m: Master, framework: Framework): void {
  if (framework.connection.state !== 'connected') return
  m.streams.delete(framework.connection.streamId)
  framework.connection = { state: 'disconnected' }
  cancelTimer(m, `heartbeat/${framework.id}`)
  leaveForRest(m, awaitReturn(m, framework))
}

function* awaitReturn(m: Master, framework: Framework): Rest {
  yield* deactivateFramework(m, framework)
  const timeoutMs = (framework.info.failover_timeout ?? 0) * 1000
  note(m, 'framework.disconnected', {
    frameworkId: framework.id,
    name: framework.info.name,
    failoverTimeoutMs: timeoutMs,
  })
  if (timeoutMs <= 0) yield* removeFramework(m, framework)
  else armTimer(m, `failover/${framework.id}`, m.now + timeoutMs)
}

export function* deactivateFramework(m: Master, framework: Framework): Rest {
  framework.active = false
  m.allocator.setFrameworkActive(framework.id, false)
  yield* rescindEach(m, framework.offers)
  for (const offer of [...framework.inverseOffers]) rescindInverseOffer(m, offer)
}

/** Removes a framework for good: its tasks are killed, its executors shut down, its id never comes back. */
export function* removeFramework(m: Master, framework: Framework): Rest {
  yield* discardOffers(m, framework.offers)
  for (const offer of [...framework.inverseOffers]) dropInverseOffer(m, offer)
  framework.active = false
  for (const agent of m.agents.values()) {
    if (agent.connected) tellAgent(m, agent, shutdownFramework(framework.id))
    yield
  }
  yield* removeExecutors(m, framework)
  yield* killTasks(m, framework)
  endSubscription(m, framework)
  cancelTimer(m, `failover/${framework.id}`)
  framework.unregisteredAt = m.now
  m.allocator.removeFramework(framework.id)
  m.frameworks.delete(framework.id)
  for (const answers of m.inverseAnswers.values()) answers.delete(framework.id)
  m.completedFrameworks.push(framework)
  forgetPrincipal(m, framework.info.principal)
  tellOperators(m, { type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info: framework.info } })
  note(m, 'framework.removed', { frameworkId: framework.id, name: framework.info.name })
}

/** Its counters are shown as long as a framework has it. */
function forgetPrincipal(m: Master, principal: string | undefined): void {
  if (principal === undefined) return
  const isUsed = m.frameworks.values().some(({ info }) => info.principal === principal)
  if (!isUsed) m.messages.forget(principal)
}

const shutdownFramework = (id: FrameworkId) =>
  ({ type: 'SHUTDOWN_FRAMEWORK', shutdown_framework: { framework_id: { value: id } } }) as const

/** The record says TASK_KILLED at once; the scheduler, which asked or is gone, is not told. */
function* killTasks(m: Master, framework: Framework): Rest {
  for (const agentId of [...framework.used.byKey.keys()]) {
    const agent = m.agents.get(agentId)
    if (agent) releaseTasks(m, framework, agent)
    yield
  }
  for (const task of [...framework.tasks.values()]) {
    const agent = m.agents.get(task.agentId)
    if (!agent) continue
    task.holdsResources = false
    const status = masterStatus(m, {
      task_id: task.wire.task_id,
      state: 'TASK_KILLED',
      reason: 'REASON_FRAMEWORK_REMOVED',
      message: `Framework ${framework.id} removed`,
      agent_id: { value: agent.id },
    })
    applyStatus(m, framework, agent, task, { status })
    removeTask(m, framework, agent, task)
    yield
  }
}

function* removeExecutors(m: Master, framework: Framework): Rest {
  for (const [agentId, executors] of [...framework.executors]) {
    const agent = m.agents.get(agentId)
    if (!agent) continue
    for (const executor of [...executors.values()]) {
      removeExecutor(m, framework, agent, executor)
      yield
    }
  }
  // A pending operation of a removed framework stays with its agent, as an orphan.
  framework.operations.clear()
}

function endSubscription(m: Master, framework: Framework): void {
  if (framework.connection.state !== 'connected') return
  const { streamId } = framework.connection
  m.streams.delete(streamId)
  cancelTimer(m, `heartbeat/${framework.id}`)
  m.effects.push({ type: 'end-stream', streamId })
  framework.connection = { state: 'disconnected' }
}
