/** What an agent that comes back says it runs, and how the master's books take it in. */
import type { agentLink, mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import type { Item } from '@thermosphere/offer-engine'
import { tellAgent } from '../emit.ts'
import { isCompleted, recoverFramework } from '../frameworks.ts'
import { adoptOperation } from '../operations.ts'
import { isTerminal } from '../states.ts'
import type { Rest } from '../steps/rest.ts'
import { addExecutor, addTask, enterTask, removeExecutor, removeTask, use } from '../tasks.ts'
import { tellLink } from './link-messages.ts'
import type { Agent, Framework, LinkId, Master, Task } from '../model.ts'

type Reregister = agentLink.AgentMessage_Reregister

export type Revived = { readonly framework: Framework; readonly task: Task }

/** For an agent that the books do not have: frameworks, executors, tasks and operations as it tells them. */
export function* adoptWorkload(m: Master, agent: Agent, said: Reregister): Rest<Revived[]> {
  recoverFrameworks(m, said)
  const commandTasks = commandTaskIds(said)
  for (const { framework_id, executor_info } of said.executors ?? []) {
    const framework = m.frameworks.get(framework_id.value)
    if (framework && !commandTasks.has(executor_info.executor_id.value)) addExecutor(m, framework, agent, executor_info)
    yield
  }
  const revived: Revived[] = []
  for (const reported of said.tasks ?? []) {
    const framework = m.frameworks.get(reported.framework_id.value)
    if (framework) revived.push({ framework, task: adoptTask(m, { framework, agent }, reported) })
    yield
  }
  chargeAll(m, agent)
  for (const operation of said.operations ?? []) adoptOperation(m, agent, operation)
  return revived
}

/** What the agent's tasks hold, a framework at a time. */
function chargeAll(m: Master, agent: Agent): void {
  const held = new Map<string, Item[]>()
  for (const { frameworkId, holdsResources, resources } of agent.tasks) {
    const items = held.get(frameworkId) ?? []
    if (holdsResources) items.push(...resources.items)
    held.set(frameworkId, items)
  }
  for (const [frameworkId, items] of held) {
    const framework = m.frameworks.get(frameworkId)
    if (framework) use(m, framework, agent, Resources.fromItems(items))
  }
}

type Owners = { readonly framework: Framework; readonly agent: Agent }

function adoptTask(m: Master, { framework, agent }: Owners, reported: agentLink.AgentTask): Task {
  const id = reported.task.task_id.value
  framework.unreachableTasks.delete(id)
  framework.completedTasks.remove(id)
  return enterTask(m, framework, agent, wireOf(reported, agent))
}

/**
 * Brings the master's books of a known agent in line with what the agent says. Tasks that only the master knows are
 * asked back, as their launch may be under way; the agent answers the unknown ones through the reliable path.
 */
export function* reconcileAgent(m: Master, agent: Agent, said: Reregister): Rest<agentLink.MasterMessage_TaskRef[]> {
  const reported = new Map(
    (said.tasks ?? []).map((one) => [taskKey(one.framework_id.value, one.task.task_id.value), one]),
  )
  const ask: agentLink.MasterMessage_TaskRef[] = []
  for (const task of [...agent.tasks]) {
    yield
    if (reported.has(taskKey(task.frameworkId, task.id))) continue
    const framework = m.frameworks.get(task.frameworkId)
    if (framework && isTerminal(task.wire.state)) removeTask(m, framework, agent, task)
    else ask.push(taskRef(task, framework))
  }
  recoverFrameworks(m, said)
  yield* adoptUnknown(m, agent, reported)
  endUncheckpointed(m, agent, said)
  yield* dropExecutors(m, agent, said)
  if (agent.link !== undefined) shutDownCompleted(m, agent.link, said)
  resendKills(m, agent)
  return ask
}

const taskKey = (frameworkId: string, taskId: string): string => `${frameworkId}/${taskId}`

const taskRef = (task: Task, framework: Framework | undefined): agentLink.MasterMessage_TaskRef => ({
  framework_id: { value: task.frameworkId },
  task_id: task.wire.task_id,
  ...(framework && { framework_info: framework.info }),
})

function* adoptUnknown(m: Master, agent: Agent, reported: ReadonlyMap<string, agentLink.AgentTask>): Rest {
  for (const one of reported.values()) {
    yield
    const framework = m.frameworks.get(one.framework_id.value)
    if (!framework) continue
    const isKnown = framework.tasks.get(one.task.task_id.value)?.agentId === agent.id
    if (isKnown || framework.info.checkpoint !== true) continue
    const task = addTask(m, framework, agent, wireOf(one, agent))
    if (task.holdsResources) m.allocator.addAllocation(framework.id, agent.id, task.resources)
  }
}

/** Frameworks without checkpoints were told that their tasks are lost when the link broke: so be it. */
function endUncheckpointed(m: Master, agent: Agent, said: Reregister): void {
  const losers = new Set<string>()
  for (const { framework_id, task } of said.tasks ?? [])
    if (m.frameworks.get(framework_id.value)?.tasks.has(task.task_id.value) === false) losers.add(framework_id.value)
  for (const { id } of said.frameworks ?? []) {
    const framework = id && m.frameworks.get(id.value)
    if (!framework || framework.info.checkpoint === true) continue
    if (losers.has(framework.id))
      tellAgent(m, agent, { type: 'SHUTDOWN_FRAMEWORK', shutdown_framework: { framework_id: id } })
  }
}

/** Executors that ended unnoticed, and those that the master had not heard of. */
function* dropExecutors(m: Master, agent: Agent, said: Reregister): Rest {
  const alive = new Map(
    (said.executors ?? []).map((one) => [`${one.framework_id.value}/${one.executor_info.executor_id.value}`, one]),
  )
  for (const [frameworkId, executors] of [...agent.executors]) {
    const framework = m.frameworks.get(frameworkId)
    if (!framework) continue
    for (const [id, executor] of [...executors]) {
      if (!alive.has(`${frameworkId}/${id}`)) removeExecutor(m, framework, agent, executor)
      yield
    }
  }
  const commandTasks = commandTaskIds(said)
  for (const { framework_id, executor_info } of alive.values()) {
    yield
    const framework = m.frameworks.get(framework_id.value)
    const id = executor_info.executor_id.value
    if (!framework || commandTasks.has(id) || framework.executors.get(agent.id)?.has(id)) continue
    const executor = addExecutor(m, framework, agent, executor_info)
    m.allocator.addAllocation(framework.id, agent.id, executor.resources)
  }
}

/** Kills asked for while the agent was away. */
function resendKills(m: Master, agent: Agent): void {
  for (const task of agent.tasks.values()) {
    if (!task.killRequested || isTerminal(task.wire.state)) continue
    const kill_task = { framework_id: { value: task.frameworkId }, task_id: task.wire.task_id }
    tellAgent(m, agent, { type: 'KILL_TASK', kill_task })
  }
}

/** Frameworks that ended while the agent was away. */
export function shutDownCompleted(m: Master, linkId: LinkId, said: Reregister): void {
  for (const info of said.frameworks ?? []) {
    if (info.id === undefined || !isCompleted(m, info.id.value)) continue
    tellLink(m, linkId, { type: 'SHUTDOWN_FRAMEWORK', shutdown_framework: { framework_id: info.id } })
  }
}

function recoverFrameworks(m: Master, { frameworks = [] }: Reregister): void {
  for (const info of frameworks) if (!isCompleted(m, info.id?.value)) recoverFramework(m, info)
}

/** Executors of command tasks, which are called like these, are the agent's own business. */
function commandTaskIds({ executors = [], tasks = [] }: Reregister): Set<string> {
  const ids = executors.length === 0 ? [] : tasks.filter(({ task }) => !task.executor_id)
  return new Set(ids.map(({ task }) => task.task_id.value))
}

function wireOf(reported: agentLink.AgentTask, agent: Agent): mesos.Task {
  const { task, latest_state, status_update_state, status_update_uuid } = reported
  return {
    ...task,
    agent_id: { value: agent.id },
    state: latest_state ?? task.state,
    ...(status_update_state && { status_update_state }),
    ...(status_update_uuid?.length && { status_update_uuid }),
  }
}
