/** Tasks as an author writes them, and as Mesos reads them. */
import { randomUUID } from 'node:crypto'
import type { mesos } from '@thermosphere/protocol'
import { unreserved } from './needs.ts'
import type { FreeResources, Needs } from './needs.ts'

/** A shell command, or all of Mesos' CommandInfo. */
export type Command = string | mesos.CommandInfo

/** An executor of the author's own. One is started on an agent for all tasks that name its id. */
export type ExecutorSpec = Omit<mesos.ExecutorInfo, 'executor_id' | 'framework_id' | 'command' | 'resources'> & {
  readonly id: string
  readonly command: Command
  /** What it needs besides its tasks. */
  readonly resources?: Needs
}

/** A task to launch. Whatever Mesos' TaskInfo has besides may be given too, in Mesos' spelling. */
export type TaskSpec = Omit<mesos.TaskInfo, 'task_id' | 'agent_id' | 'command' | 'executor' | 'resources'> & {
  /** A random one unless given. Write it down before the launch to find the task again after a crash. */
  readonly id?: string
  readonly command?: Command
  readonly executor?: ExecutorSpec
  readonly resources: Needs
}

const commandInfo = (command: Command): mesos.CommandInfo =>
  typeof command === 'string' ? { shell: true, value: command } : command

function executorInfo({ id, command, resources = {}, ...rest }: ExecutorSpec): mesos.ExecutorInfo {
  return {
    type: 'CUSTOM',
    ...rest,
    executor_id: { value: id },
    command: commandInfo(command),
    resources: unreserved(resources),
  }
}

function taskInfo(spec: TaskSpec, agentId: mesos.AgentID, resources: mesos.Resource[]): mesos.TaskInfo {
  const { id = randomUUID(), command, executor, resources: _needs, ...rest } = spec
  return {
    ...rest,
    task_id: { value: id },
    agent_id: agentId,
    resources,
    ...(command !== undefined && { command: commandInfo(command) }),
    ...(executor !== undefined && { executor: executorInfo(executor) }),
  }
}

/** Either all tasks with their resources, or what is missing for the first that does not fit. */
export type Plan =
  | { readonly type: 'fits'; readonly tasks: mesos.TaskInfo[]; readonly left: FreeResources }
  | { readonly type: 'lacks'; readonly reason: string }

export function planLaunch(specs: readonly TaskSpec[], offer: mesos.Offer, free: FreeResources): Plan {
  const left = free.copy()
  const present = new Set(offer.executor_ids?.map(({ value }) => value))
  const tasks: mesos.TaskInfo[] = []
  for (const spec of specs) {
    const { executor } = spec
    const isNew = executor !== undefined && !present.has(executor.id)
    if (isNew) present.add(executor.id)
    const lacking = isNew ? left.lack(executor.resources ?? {}) : undefined
    if (lacking !== undefined) return { type: 'lacks', reason: `executor ${executor?.id} does not fit: ${lacking}` }
    if (isNew) left.take(executor.resources ?? {})
    const lack = left.lack(spec.resources)
    if (lack !== undefined) return { type: 'lacks', reason: `task ${spec.id ?? spec.name} does not fit: ${lack}` }
    tasks.push(taskInfo(spec, offer.agent_id, left.take(spec.resources)))
  }
  return { type: 'fits', tasks, left }
}
