import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'

export const isTerminal = (state: mesos.TaskState): boolean => terminalTaskStates.has(state)

const terminalOperation: ReadonlySet<mesos.OperationState> = new Set([
  'OPERATION_FINISHED',
  'OPERATION_FAILED',
  'OPERATION_ERROR',
  'OPERATION_DROPPED',
  'OPERATION_GONE_BY_OPERATOR',
])

export const isTerminalOperation = (state: mesos.OperationState): boolean => terminalOperation.has(state)

type PartitionState = 'TASK_UNREACHABLE' | 'TASK_DROPPED' | 'TASK_GONE' | 'TASK_GONE_BY_OPERATOR' | 'TASK_UNKNOWN'

/** Frameworks without PARTITION_AWARE know one word for all five. */
export const partitionState = (capabilities: ReadonlySet<string>, state: PartitionState): mesos.TaskState =>
  capabilities.has('PARTITION_AWARE') ? state : 'TASK_LOST'
