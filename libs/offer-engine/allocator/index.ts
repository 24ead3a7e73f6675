export { Allocator, defaultAllocationIntervalMs } from './allocator.ts'
export { compileOfferConstraints } from './filters/offer-constraints.ts'
export { refuseMillis } from './filters/refuse-seconds.ts'
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
  RunObserver,
  SorterKind,
} from './types.ts'
