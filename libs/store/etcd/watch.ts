/** Changes from etcd, over any number of streams: each resumes after the last revision that was handed on. */
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IWatchCreateRequest, IWatchResponse, WatchClient } from 'etcd3'
import { compactedError, StoreError } from '../errors.ts'
import { compareKeys } from '../keys.ts'
import { ETCD_LIMITS } from '../limits.ts'
import type { WatchBatch } from '../store.ts'
import type { EtcdConnection } from './connection.ts'
import { classify } from './etcd-errors.ts'
import type { KeySpace } from './keys.ts'
import { rangeEnd } from './keys.ts'

type WatchOptions = {
  readonly connection: EtcdConnection
  readonly keys: KeySpace
  readonly prefix: string
  /** The revision after which changes are wanted. */
  readonly start: Promise<number>
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Aborts with the error that the watch then fails with. */
  readonly broken: AbortSignal
}

/** All changes after `start` under `prefix`, one batch a revision. */
export function watchChanges(options: WatchOptions): AsyncIterableIterator<WatchBatch> {
  const returned = new AbortController()
  const batches = changesOf({ ...options, signal: AbortSignal.any([options.signal, returned.signal]) })
  return {
    next: () => batches.next(),
    return: () => {
      returned.abort()
      return batches.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

type Place = { position: number }

async function* changesOf(options: WatchOptions): AsyncGenerator<WatchBatch, undefined> {
  const { signal, broken } = options
  let place: Place | undefined
  while (!signal.aborted) {
    try {
      place ??= { position: await options.start }
      broken.throwIfAborted()
      yield* streamChanges(options, place)
    } catch (thrown) {
      if (signal.aborted) return undefined
      broken.throwIfAborted()
      const failure = classify(thrown, 'watch')
      if (failure.type === 'final') throw failure.error
    }
    await pause(signal)
    if (!signal.aborted) await checkHistory(options)
  }
  return undefined
}

/** What one stream brings; `place` moves along. */
async function* streamChanges(options: WatchOptions, place: Place): AsyncGenerator<WatchBatch> {
  const { connection, keys, prefix } = options
  const signal = AbortSignal.any([options.signal, options.broken])
  const key = keys.data(prefix)
  const request = { key, range_end: rangeEnd(key), start_revision: place.position + 1, progress_notify: true }
  for await (const response of watchOnce({ connection, request, signal })) {
    if (response.canceled) throw cancellation(response, place.position)
    if (response.created) continue
    for (const batch of batchesOf(response, keys)) {
      place.position = batch.revision
      yield batch
      if (options.signal.aborted) return
    }
    // Without events it is a notice that there are none up to its revision.
    if (response.events.length === 0) place.position = Math.max(place.position, Number(response.header.revision))
  }
}

/** A member with an older history would stay silent until it has caught up with the revision asked for. */
async function checkHistory({ connection, keys, signal }: WatchOptions): Promise<void> {
  try {
    await connection.range({ key: keys.format }, { timeoutMs: ETCD_LIMITS.readTimeoutMs, signal })
  } catch (error) {
    // The watch outlives etcd's absence; only another cluster ends it. A restored one ends it by `broken`.
    if (error instanceof StoreError && error.code === 'STORE_FOREIGN') throw error
  }
}

/** Calls back whenever the key may have changed, until the signal aborts. */
export async function followKey(
  {
    connection,
    key,
    signal,
  }: { readonly connection: EtcdConnection; readonly key: Buffer; readonly signal: AbortSignal },
  onChange: () => void,
): Promise<void> {
  const follow = async (): Promise<void> => {
    for await (const response of watchOnce({ connection, request: { key }, signal })) {
      if (response.canceled) return
      onChange()
    }
  }
  while (!signal.aborted) {
    // Whoever follows also asks by itself now and then, and is told there what is wrong.
    await follow().catch(() => undefined)
    await pause(signal)
  }
}

type WatchOnce = {
  readonly connection: EtcdConnection
  readonly request: IWatchCreateRequest
  readonly signal: AbortSignal
}

/** One stream with one watch, until it breaks; the next one is then at another member. */
async function* watchOnce({ connection, request, signal }: WatchOnce): AsyncGenerator<IWatchResponse> {
  signal.throwIfAborted()
  const { member, left, failed } = connection.stream()
  try {
    const ended = AbortSignal.any([signal, left])
    yield* responsesOf(await member.watch.watch(), { request, signal: ended })
  } catch (error) {
    if (!signal.aborted) failed()
    throw error
  }
}

async function* responsesOf(
  stream: Awaited<ReturnType<WatchClient['watch']>>,
  { request, signal }: { readonly request: IWatchCreateRequest; readonly signal: AbortSignal },
): AsyncGenerator<IWatchResponse> {
  if (!(stream instanceof Duplex)) throw new TypeError('etcd3 gave a stream that cannot be read')
  const cancel = (): void => stream.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (signal.aborted) cancel()
    stream.write({ create_request: request })
    // The stream's own flow control makes etcd wait for a slow reader.
    for await (const response of stream) yield response
    throw new Error('etcd ended the stream of a watch')
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

function cancellation(response: IWatchResponse, position: number): Error {
  const compacted = Number(response.compact_revision)
  return compacted > 0 ? compactedError(position, compacted - 1) : new Error(response.cancel_reason)
}

/** etcd keeps the changes of a revision together; it may send several revisions at once. */
function batchesOf(response: IWatchResponse, keys: KeySpace): WatchBatch[] {
  const batches = new Map<number, { key: string; value: string | undefined }[]>()
  for (const { type, kv } of response.events) {
    const revision = Number(kv.mod_revision)
    const changes = batches.get(revision) ?? []
    changes.push({ key: keys.name(kv.key), value: type === 'Delete' ? undefined : kv.value.toString() })
    batches.set(revision, changes)
  }
  return [...batches].map(([revision, changes]) => ({
    revision,
    changes: changes.sort((a, b) => compareKeys(a.key, b.key)),
  }))
}

async function pause(signal: AbortSignal): Promise<void> {
  const ms = ETCD_LIMITS.retryDelayMs * (0.5 + Math.random())
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
