import type { StreamEnd, StreamItem, StreamRequest } from './stream-request.ts'
import { endOf } from './stream-request.ts'

/**
 * Shares each stream among all who ask for the same one. Who comes later does not get what came before: it is told so
 * (`isFresh: false`) and reads a snapshot of its own.
 */
export type Subscriber = {
  opened: (isFresh: boolean) => void
  items: (items: StreamItem[]) => void
  ended: (end: StreamEnd) => void
}

type Read = (
  request: StreamRequest,
  signal: AbortSignal,
  on: { open: () => void; items: (items: StreamItem[]) => void },
) => Promise<void>

type Shared = { abort: AbortController; subscribers: Set<Subscriber>; isOpen: boolean }

export class StreamHub {
  readonly #read: Read
  readonly #streams = new Map<string, Shared>()

  constructor(read: Read) {
    this.#read = read
  }

  /** Subscribes; the returned function ends it, and the stream with its last subscriber. */
  subscribe(request: StreamRequest, subscriber: Subscriber): () => void {
    const key = JSON.stringify(request)
    const shared = this.#streams.get(key) ?? this.#open(key, request)
    shared.subscribers.add(subscriber)
    if (shared.isOpen) subscriber.opened(false)
    return () => {
      shared.subscribers.delete(subscriber)
      if (shared.subscribers.size > 0) return
      shared.abort.abort()
      if (this.#streams.get(key) === shared) this.#streams.delete(key)
    }
  }

  #open(key: string, request: StreamRequest): Shared {
    const shared: Shared = { abort: new AbortController(), subscribers: new Set(), isOpen: false }
    this.#streams.set(key, shared)
    const each = (tell: (subscriber: Subscriber) => void) => [...shared.subscribers].forEach(tell)
    const on = {
      open: () => {
        shared.isOpen = true
        each((subscriber) => subscriber.opened(true))
      },
      items: (items: StreamItem[]) => each((subscriber) => subscriber.items(items)),
    }
    const end = (reason: StreamEnd) => {
      if (this.#streams.get(key) === shared) this.#streams.delete(key)
      each((subscriber) => subscriber.ended(reason))
      shared.subscribers.clear()
    }
    void this.#read(request, shared.abort.signal, on).then(
      () => end({ status: 0, message: 'The stream ended.' }),
      (error: unknown) => end(endOf(error)),
    )
    return shared
  }
}
