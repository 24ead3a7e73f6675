/** Calls that are wrong, made from the schema, for whoever attacks a server. */
export type { Malformed, Verdict } from './malformed.ts'
export { malformedJson } from './mutate-json.ts'
export { malformedProtobuf } from './mutate-protobuf.ts'
export { pick, randomMessage } from './random-message.ts'
export type { Samples } from './random-message.ts'
export { receivedMessage } from './received-message.ts'
export { wellFormed } from './well-formed.ts'
