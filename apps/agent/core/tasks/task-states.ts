import type { mesos } from '@thermosphere/protocol'
import type { Framework } from '../state.ts'

const TERMINAL: ReadonlySet<mesos.TaskState> = new Set<mesos.TaskState>([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
])

export function isTerminal(state: mesos.TaskState): boolean {
  return TERMINAL.has(state)
}

export function hasCapability(framework: Framework, type: mesos.FrameworkInfo_Capability_Type): boolean {
  return framework.info.capabilities?.some((capability) => capability.type === type) ?? false
}

/** What a task that never started is called: older frameworks only know TASK_LOST. */
export function droppedState(framework: Framework): mesos.TaskState {
  return hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_DROPPED' : 'TASK_LOST'
}

/** What a task that the agent lost is called. */
export function goneState(framework: Framework): mesos.TaskState {
  return hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST'
}
