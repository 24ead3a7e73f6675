export { CallError } from './errors.ts'
export type { CallErrorCode } from './errors.ts'
export { SchedulerClient } from './scheduler-client.ts'
export type { Credential, SchedulerCall, SchedulerClientOptions } from './scheduler-client.ts'
export { Reconciliation } from './reconciliation.ts'
export type { ReconcileTask, ReconciliationOptions } from './reconciliation.ts'
export { LeaderFinder } from './dialing/index.ts'
export type { Attempt, Attempted, LeaderSource, Masters } from './dialing/index.ts'
export { ExecutorClient } from './executor-client.ts'
export type { ExecutorClientOptions, ExecutorStatus } from './executor-client.ts'
export { parseExecutorSettings } from './executor-settings.ts'
export type { ExecutorSettings } from './executor-settings.ts'
export { AgentLinkClient, agentLinkServerOptions, agentLinkService, isStandby, standbyHeaders } from './agent-link.ts'
export type {
  AgentLinkClientOptions,
  AgentLinkClientStream,
  AgentLinkHandlers,
  AgentLinkServerStream,
} from './agent-link.ts'
export { createSharedPortServer } from './shared-port.ts'
export type { SharedPortOptions } from './shared-port.ts'
