/**
 * Clients: those of one subject make their requests one after another and repeat each until it was answered for good.
 * So what must be there in the end is known, whatever happened on the way.
 */
import type { Millis } from '@thermosphere/effects'
import type { Memory } from './memory.ts'
import type { ClientRequest } from './requests.ts'

/** `done` gets the status; undefined when no answer came in time. */
export type Send = (request: ClientRequest, done: (status: number | undefined) => void) => void

export type ClientsOptions = {
  readonly requests: readonly ClientRequest[]
  readonly after: (ms: Millis, run: () => void) => void
  readonly send: Send
  readonly memory: Memory
}

const retryMs = 1_000

export class Clients {
  readonly #options: ClientsOptions
  readonly #waiting = new Map<string, ClientRequest[]>()
  readonly #busy = new Set<string>()
  #unsettledCount: number

  constructor(options: ClientsOptions) {
    this.#options = options
    this.#unsettledCount = options.requests.length
  }

  start(): void {
    for (const request of this.#options.requests) this.#options.after(request.after, () => this.#queue(request))
  }

  /** Every request was made and answered for good. */
  get isDone(): boolean {
    return this.#unsettledCount === 0
  }

  #queue(request: ClientRequest): void {
    const waiting = this.#waiting.get(request.subject) ?? []
    this.#waiting.set(request.subject, waiting)
    waiting.push(request)
    this.#next(request.subject)
  }

  #next(subject: string): void {
    const [request] = this.#waiting.get(subject) ?? []
    if (request === undefined || this.#busy.has(subject)) return
    this.#busy.add(subject)
    this.#options.memory.sent(request)
    this.#attempt(request, { isRepeated: false })
  }

  #attempt(request: ClientRequest, { isRepeated }: { readonly isRepeated: boolean }): void {
    this.#options.send(request, (status) => {
      if (status === undefined || status >= 500 || status === 409)
        return this.#options.after(retryMs, () => this.#attempt(request, { isRepeated: true }))
      this.#settle(request, { isAcknowledged: isDone(request, status, isRepeated) })
    })
  }

  #settle(request: ClientRequest, outcome: { readonly isAcknowledged: boolean }): void {
    this.#options.memory.settled(request, outcome)
    this.#unsettledCount--
    this.#waiting.get(request.subject)?.shift()
    this.#busy.delete(request.subject)
    this.#next(request.subject)
  }
}

/** What an earlier attempt, whose answer was lost, has deleted is not there any more. */
function isDone({ request }: ClientRequest, status: number, isRepeated: boolean): boolean {
  if (status >= 200 && status < 300) return true
  const isDeletion = request.type === 'delete-app' || request.type === 'delete-job'
  return isDeletion && isRepeated && (status === 404 || status === 400)
}
