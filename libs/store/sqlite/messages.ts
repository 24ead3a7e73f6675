/** What the store's thread and its owner say to each other. One owner, one worker, both of this version. */
import type { Engine, EngineTransaction } from '../engine/engine.ts'
import type { StoreErrorCode } from '../errors.ts'
import type { TransactionResult } from '../store.ts'

type CallOf<M extends keyof Engine> = { readonly method: M; readonly args: Parameters<Engine[M]> }
export type EngineMethod = Exclude<keyof Engine, 'transactAll' | 'hasForeignChanges' | 'close'>
export type EngineCall = { readonly [M in EngineMethod]: CallOf<M> }[EngineMethod]

export type Request =
  | { readonly type: 'transact'; readonly id: number; readonly transaction: EngineTransaction }
  | { readonly type: 'call'; readonly id: number; readonly call: EngineCall }
  | { readonly type: 'watch-foreign'; readonly wanted: boolean }
  | { readonly type: 'close'; readonly id: number }

/** An error as plain data; the owner makes a StoreError of it again. */
export type Failure = { readonly code: StoreErrorCode | undefined; readonly message: string }

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: TransactionResult | unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure }

export type Report =
  | { readonly type: 'opened' }
  | { readonly type: 'open-failed'; readonly failure: Failure }
  | { readonly type: 'answers'; readonly answers: readonly Answer[]; readonly changed: boolean }
  | { readonly type: 'changed' }
