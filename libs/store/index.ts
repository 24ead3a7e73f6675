export type {
  Condition,
  Entry,
  Leadership,
  LeaderView,
  ListOptions,
  ListResult,
  Operation,
  Store,
  Transaction,
  TransactionResult,
  WatchBatch,
} from './store.ts'
export { Candidate, Deposed, fencedPersist } from './candidate/candidate.ts'
export type { CandidateClock, CandidateOptions, Term } from './candidate/candidate.ts'
export { findMasters } from './candidate/find-masters.ts'
export { StoreError } from './errors.ts'
export type { StoreErrorCode } from './errors.ts'
export { STORE_LIMITS } from './limits.ts'
export { listPages } from './list-pages.ts'
export { SharedMemory } from './memory/shared-memory.ts'
export type { MemoryDoor } from './memory/shared-memory.ts'
export { MemoryEngine } from './memory/memory-engine.ts'
export { openStore } from './open-store.ts'
export { parseStored } from './parse-stored.ts'
