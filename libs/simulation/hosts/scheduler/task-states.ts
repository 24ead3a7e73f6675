import { terminalTaskStates } from '@thermosphere/protocol'

/** After one of these a task does not come back; UNKNOWN as well, for nobody has it. */
export const endStates: ReadonlySet<string> = new Set([...terminalTaskStates, 'TASK_UNKNOWN'])
