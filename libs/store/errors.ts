/** Stable codes of what a store can fail with. */
export type StoreErrorCode =
  /** A stored value is not what its schema says: corrupt, or written by a newer version. */
  | 'STORE_VALUE_INVALID'
  /** A key, value, prefix or transaction is outside the limits; a bug of the caller. */
  | 'STORE_ARGUMENT_INVALID'
  /** The disk is full; nothing of the transaction was written. */
  | 'STORE_FULL'
  /** The file is damaged or no store. */
  | 'STORE_CORRUPT'
  /** The file was written by a newer version of this program. */
  | 'STORE_SCHEMA_NEWER'
  /** The store cannot be reached or opened: rights, a login, a missing directory, no answer. Nothing was written. */
  | 'STORE_UNAVAILABLE'
  /** Another process holds the write lock for too long. */
  | 'STORE_BUSY'
  /** The disk failed. What was in flight is unknown; the store refuses everything until it is opened anew. */
  | 'STORE_IO'
  /** The changes after that revision are no longer kept; list anew and watch from there. */
  | 'STORE_COMPACTED'
  /** The store did not answer in time: the transaction may have been applied or not. Read anew before writing again. */
  | 'STORE_UNKNOWN'
  /** The store's history went back: an older snapshot was restored. What was read before no longer holds; read anew. */
  | 'STORE_RESTORED'
  /** Another store answers than the one that was opened. */
  | 'STORE_FOREIGN'
  /** The store was closed. */
  | 'STORE_CLOSED'

/** The same call may be made again: nothing of it was done. */
const RETRYABLE: readonly StoreErrorCode[] = ['STORE_BUSY', 'STORE_FULL', 'STORE_UNAVAILABLE']

/** Nothing is wrong with the data: who reads the state anew may go on. */
const PASSING: readonly StoreErrorCode[] = [...RETRYABLE, 'STORE_UNKNOWN', 'STORE_RESTORED', 'STORE_COMPACTED']

/** An operational failure of a store, told by `code`. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly retryable: boolean
  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
    this.retryable = RETRYABLE.includes(code)
  }
}

/** Whether a leader may lead again after it, with state that it reads anew. */
export const isPassingStoreError = (error: unknown): boolean =>
  error instanceof StoreError && PASSING.includes(error.code)

/** The answer to a watcher whose place in the log is gone; `compacted` is the last revision that was dropped. */
export const compactedError = (fromRevision: number, compacted: number): StoreError =>
  new StoreError(
    'STORE_COMPACTED',
    `changes after revision ${fromRevision} are kept only from ${compacted + 1} on; list anew and watch from there`,
  )
