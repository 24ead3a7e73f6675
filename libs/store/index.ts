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
