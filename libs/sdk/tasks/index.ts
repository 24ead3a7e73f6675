export { Killer } from './killer.ts'
export { isTerminal, TrackedTask } from './task.ts'
export type { KillOptions, Task } from './task.ts'
export { StatusUpdates } from './status-updates.ts'
