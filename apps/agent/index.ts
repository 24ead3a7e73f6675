/** An agent as a part of another process: tests of whole clusters. */
export { startAgent } from './agent.ts'
export type { RunningAgent } from './agent.ts'
export { configOf } from './config.ts'
/** For agents that are simulated but for their connection. */
export { AgentLink } from './shell/agent-link/agent-link.ts'
export type { AgentLinkOptions } from './shell/agent-link/agent-link.ts'
