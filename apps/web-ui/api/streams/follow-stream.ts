import { ApiError } from '../http.ts'
import { StreamHub } from './stream-hub.ts'
import type { Subscriber } from './stream-hub.ts'
import { acceptMaxMs, aliveEveryMs } from './stream-messages.ts'
import type { FromWorker, ToWorker } from './stream-messages.ts'
import { readStream } from './stream-request.ts'
import type { StreamItem, StreamRequest } from './stream-request.ts'

/** The worker shared by all tabs, where there is one; else this tab reads its own streams. */
class WorkerStreams {
  readonly #port: MessagePort
  readonly #subscribers = new Map<number, Subscriber & { accepted: () => void }>()
  #nextId = 1

  constructor(worker: SharedWorker) {
    this.#port = worker.port
    this.#port.onmessage = (event: MessageEvent<FromWorker>) => this.#hear(event.data)
    setInterval(() => this.#say({ type: 'alive' }), aliveEveryMs)
    addEventListener('pagehide', () => {
      for (const id of this.#subscribers.keys()) this.#say({ type: 'close', id })
    })
  }

  subscribe(request: StreamRequest, subscriber: Subscriber): () => void {
    const id = this.#nextId
    this.#nextId += 1
    const close = () => {
      clearTimeout(timer)
      if (this.#subscribers.delete(id)) this.#say({ type: 'close', id })
    }
    const timer = setTimeout(() => {
      isWorkerUsable = false
      // It may only be slow, and would hold a connection beside the one this tab opens itself: six are all there are.
      close()
      subscriber.ended({ status: 0, message: 'The shared worker does not answer.' })
    }, acceptMaxMs)
    this.#subscribers.set(id, { ...subscriber, accepted: () => clearTimeout(timer) })
    this.#say({ type: 'open', id, request })
    return close
  }

  #hear(message: FromWorker): void {
    const subscriber = this.#subscribers.get(message.id)
    if (message.type === 'accepted') subscriber?.accepted()
    if (message.type === 'opened') subscriber?.opened(message.isFresh)
    if (message.type === 'items') subscriber?.items(message.items)
    if (message.type !== 'ended') return
    this.#subscribers.delete(message.id)
    subscriber?.ended(message.end)
  }

  #say(message: ToWorker): void {
    this.#port.postMessage(message)
  }
}

let isWorkerUsable = typeof SharedWorker === 'function'
let workerStreams: WorkerStreams | undefined
const ownStreams = new StreamHub(readStream)

function streams(): Pick<StreamHub, 'subscribe'> {
  if (!isWorkerUsable) return ownStreams
  workerStreams ??= new WorkerStreams(
    new SharedWorker(new URL('./stream-worker.ts', import.meta.url), { type: 'module', name: 'streams' }),
  )
  return workerStreams
}

type StreamHandlers = {
  signal: AbortSignal
  /** Called once; what arrives until it is done is kept. `isFresh` is false when others have read the beginning. */
  onOpen: (isFresh: boolean) => Promise<void>
  onItems: (items: StreamItem[]) => void
}

/** Follows a stream to its end, shared with the other tabs of this browser; throws how it ended. */
export function followStream(request: StreamRequest, handlers: StreamHandlers): Promise<never> {
  const { signal, onOpen, onItems } = handlers
  return new Promise((_, reject) => {
    let kept: StreamItem[][] | undefined = []
    const stop = (reason: unknown) => {
      unsubscribe()
      reject(reason)
    }
    const deliver = (items: StreamItem[]) => {
      try {
        onItems(items)
      } catch (error) {
        stop(error)
      }
    }
    const open = async (isFresh: boolean) => {
      await onOpen(isFresh)
      const waiting = kept ?? []
      kept = undefined
      waiting.forEach(deliver)
    }
    const unsubscribe = streams().subscribe(request, {
      opened: (isFresh) => void open(isFresh).catch(stop),
      items: (items) => {
        if (kept === undefined) deliver(items)
        else kept.push(items)
      },
      ended: (end) => reject(new ApiError(end)),
    })
    signal.addEventListener('abort', () => stop(signal.reason), { once: true })
  })
}
