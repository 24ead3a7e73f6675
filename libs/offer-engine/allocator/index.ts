export { Allocator, defaultAllocationIntervalMs } from './allocator.ts'
export { compileOfferConstraints } from './offer-constraints.ts'
export { refuseMillis } from './refuse-seconds.ts'
export type {
  AgentDescription,
  AgentResources,
  AgentSpec,
  Allocation,
  AllocatorOptions,
  FrameworkSpec,
  Holding,
  Quota,
  RecoverOptions,
  RoleSnapshot,
} from './types.ts'
