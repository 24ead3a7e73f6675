export type * as agent from './wire/agent.gen.ts'
export type * as agentLink from './wire/agent-link.gen.ts'
export type * as allocator from './wire/allocator.gen.ts'
export type * as executor from './wire/executor.gen.ts'
export type * as google from './wire/google.gen.ts'
export type * as internal from './wire/internal.gen.ts'
export type * as maintenance from './wire/maintenance.gen.ts'
export type * as master from './wire/master.gen.ts'
export type * as mesos from './wire/mesos.gen.ts'
export type * as quota from './wire/quota.gen.ts'
export type * as resourceProvider from './wire/resource-provider.gen.ts'
export type * as scheduler from './wire/scheduler.gen.ts'
export type * as schedulerV0 from './wire/scheduler-v0.gen.ts'
export type { WireTypes } from './wire/wire-types.gen.ts'
export {
  borrowProtobuf,
  decodeJson,
  decodeProtobuf,
  encodeJson,
  encodeProtobuf,
  fromJsonObject,
  toJsonObject,
} from './codec.ts'
export type { MediaType, WireName } from './codec.ts'
export { createRecordIoDecoder, encodeRecord } from './record-io.ts'
export type { RecordIoDecoder } from './record-io.ts'
export { terminalTaskStates } from './task-states.ts'
export { WireError } from './wire-error.ts'
export type { WireErrorStage } from './wire-error.ts'
