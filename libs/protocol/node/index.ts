export { CallError } from './errors.ts'
export type { CallErrorCode } from './errors.ts'
export { openEventStream } from './event-stream.ts'
export type { EventStream, EventStreamOptions, StreamOutcome } from './event-stream.ts'
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
export {
  ClientLink,
  createSharedPortServer,
  encodeLinkMessage,
  LinkServer,
  standbyHeaders,
} from './agent-link/index.ts'
export type {
  ClientLinkOptions,
  LinkAcceptor,
  LinkEnd,
  LinkListener,
  LinkServerOptions,
  ServerLink,
  SharedPortOptions,
} from './agent-link/index.ts'
export {
  addressOf,
  formatProcessId,
  isMessageRequest,
  Messenger,
  parseProcessId,
  receiveMessage,
} from './libprocess/index.ts'
export type { Deliver, MessengerOptions, ProcessId, ReceivedMessage } from './libprocess/index.ts'
