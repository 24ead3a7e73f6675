export { keys, storePrefix } from './keys.ts'
export { recoverState } from './recover.ts'
export type { ParseStored } from './recover.ts'
export { appOfVersion, createState, deploymentOf } from './state.ts'
export type {
  Backoff,
  Health,
  MarathonState,
  OfferStats,
  PendingWipe,
  Readiness,
  RootVersion,
  TaskFailure,
  UnusedOffer,
} from './state.ts'
export { StepContext } from './step-context.ts'
