import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import type { ContainerEnd } from '../inputs.ts'
import type { Framework, TerminalCause } from '../state.ts'

export function isTerminal(state: mesos.TaskState): boolean {
  return terminalTaskStates.has(state)
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

const limitationReasons: Partial<Record<string, mesos.TaskStatus_Reason>> = {
  mem: 'REASON_CONTAINER_LIMITATION_MEMORY',
  disk: 'REASON_CONTAINER_LIMITATION_DISK',
}

/** What the tasks of a container are told that was ended for what it used. */
export function limitationCause({ resource, message }: NonNullable<ContainerEnd['limitation']>): TerminalCause {
  const reason = limitationReasons[resource] ?? 'REASON_CONTAINER_LIMITATION'
  return { state: 'TASK_FAILED', reason, message, limitation: { resources: [] } }
}

/** What a task is told that has to go because the machine has too much load. */
export function preempted(framework: Framework): TerminalCause {
  return {
    state: goneState(framework),
    reason: 'REASON_CONTAINER_PREEMPTED',
    message: 'Container preempted by QoS correction',
  }
}
