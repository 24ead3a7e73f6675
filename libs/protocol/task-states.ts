import type * as mesos from './wire/mesos.gen.ts'

/**
 * States after which a task has ended as far as books are kept. LOST and GONE_BY_OPERATOR are among them although such
 * a task may come back. Mesos: protobuf::isTerminalState.
 */
export const terminalTaskStates: ReadonlySet<string> = new Set<mesos.TaskState>([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
])
