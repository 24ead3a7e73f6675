/** An agent as a part of another process: tests of whole clusters. */
export { startAgent } from './agent.ts'
export type { RunningAgent } from './agent.ts'
export { configOf } from './config.ts'
