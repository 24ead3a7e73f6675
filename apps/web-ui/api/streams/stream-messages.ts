import type { StreamEnd, StreamItem, StreamRequest } from './stream-request.ts'

/** What a tab says to the shared worker, and what it hears. Both ends are of the same build. */
export type ToWorker =
  { type: 'open'; id: number; request: StreamRequest } | { type: 'close'; id: number } | { type: 'alive' }
export type FromWorker =
  | { type: 'accepted'; id: number }
  | { type: 'opened'; id: number; isFresh: boolean }
  | { type: 'items'; id: number; items: StreamItem[] }
  | { type: 'ended'; id: number; end: StreamEnd }

/** A tab says so often that it is there; the browser slows the timers of hidden ones to one a minute. */
export const aliveEveryMs = 10_000
/** A tab that said nothing for so long is gone: closing one sends no message. */
export const aliveMaxMs = 150_000
/** A worker that does not accept a request by then does not work here. */
export const acceptMaxMs = 3_000
