/** Messages between processes as Mesos' libprocess exchanges them: what drivers (v0) speak. */
export { Messenger } from './messenger.ts'
export type { MessengerOptions } from './messenger.ts'
export { expectsNoAnswers, mutedConnection } from './muted-connection.ts'
export { addressOf, formatProcessId, parseProcessId } from './process-id.ts'
export type { ProcessId } from './process-id.ts'
export { isMessageRequest, receiveMessage } from './receive-message.ts'
export type { Deliver, ReceivedMessage } from './receive-message.ts'
