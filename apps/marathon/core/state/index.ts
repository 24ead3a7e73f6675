export { keys, storePrefix } from './keys.ts'
export { appOfVersion, createState, deploymentOf } from './state.ts'
export type { Backoff, Health, MarathonState, OfferStats, RootVersion, TaskFailure, UnusedOffer } from './state.ts'
export { StepContext } from './step-context.ts'
