/**
 * Offers between the master and the author's loop:
 *
 * O1 Each offer is given to one reader at most, the oldest first, and none that is not open.
 * O2 At most `heldMax` wait for a reader; what comes beyond that is declined at once.
 * O3 Whoever holds it, an offer without an answer is declined when it is `holdMs` old.
 * O4 A reader who asks for the next offer declines the one before, unless it was answered or is kept.
 */
import type { mesos } from '@thermosphere/protocol'
import { OpenOffer } from './offer.ts'
import type { Answerer, Offer } from './offer.ts'

export type OfferPoolOptions = Answerer & { readonly heldMax: number; readonly holdMs: number }

type Held = { readonly offer: OpenOffer; readonly timer: NodeJS.Timeout; isTaken: boolean }
type Reader = {
  readonly waiting: PromiseWithResolvers<IteratorResult<Offer>>
  readonly onOffer: (to: OpenOffer) => void
}
type End = { readonly error: unknown } | 'done'

export class OfferPool {
  readonly #options: OfferPoolOptions
  readonly #held = new Map<string, Held>()
  #readers: Reader[] = []
  #end: End | undefined
  #isOpen = false

  constructor(options: OfferPoolOptions) {
    this.#options = options
  }

  /** Offers are given out from here on. */
  open(): void {
    this.#isOpen = true
    this.#giveOut()
  }

  add(offers: readonly mesos.Offer[]): void {
    for (const info of offers) this.#add(info)
    this.#giveOut()
    const waiting = [...this.#held.values()].filter(({ isTaken }) => !isTaken)
    this.#decline(waiting.slice(this.#options.heldMax).map(({ offer }) => offer))
  }

  rescind(offerId: string): void {
    this.#held.get(offerId)?.offer.expire()
  }

  /** No offer outlives the subscription that it came on. */
  clear(): void {
    for (const { offer } of [...this.#held.values()]) offer.expire()
  }

  /** Declines what waits for a reader, of these roles. */
  declineHeld(roles: ReadonlySet<string>): void {
    const waiting = [...this.#held.values()].filter(({ offer, isTaken }) => !isTaken && roles.has(offer.role))
    this.#decline(waiting.map(({ offer }) => offer))
  }

  /** Readers end, or fail with an error. */
  end(end: End): void {
    this.#end ??= end
    this.clear()
    for (const { waiting } of this.#readers.splice(0)) finish(waiting, this.#end)
  }

  read(): AsyncIterableIterator<Offer> {
    let previous: OpenOffer | undefined
    const mine = new Set<Reader>()
    const next = (): Promise<IteratorResult<Offer>> => {
      if (previous?.isOpen === true && !previous.isKept) this.#decline([previous])
      const waiting = Promise.withResolvers<IteratorResult<Offer>>()
      const reader: Reader = {
        waiting,
        onOffer: (offer) => {
          previous = offer
          mine.delete(reader)
        },
      }
      mine.add(reader)
      this.#readers.push(reader)
      this.#giveOut()
      if (this.#end !== undefined) finish(waiting, this.#end)
      return waiting.promise
    }
    const leave = (): Promise<IteratorResult<Offer>> => {
      this.#readers = this.#readers.filter((reader) => !mine.has(reader))
      for (const { waiting } of mine) finish(waiting, 'done')
      return Promise.resolve({ value: undefined, done: true })
    }
    const iterator: AsyncIterableIterator<Offer> = { next, return: leave, [Symbol.asyncIterator]: () => iterator }
    return iterator
  }

  #add(info: mesos.Offer): void {
    const { accept, decline, holdMs } = this.#options
    const offer = new OpenOffer(info, { accept, decline, onClosed: () => this.#forget(info.id.value) })
    const timer = setTimeout(() => this.#decline([offer]), holdMs)
    this.#held.set(info.id.value, { offer, timer, isTaken: false })
  }

  #giveOut(): void {
    if (!this.#isOpen) return
    for (const held of this.#held.values()) {
      if (held.isTaken) continue
      const reader = this.#readers.shift()
      if (reader === undefined) return
      held.isTaken = true
      reader.onOffer(held.offer)
      reader.waiting.resolve({ value: held.offer, done: false })
    }
  }

  #forget(offerId: string): void {
    clearTimeout(this.#held.get(offerId)?.timer)
    this.#held.delete(offerId)
  }

  #decline(offers: readonly OpenOffer[]): void {
    if (offers.length === 0) return
    for (const offer of offers) offer.expire()
    this.#options.decline(
      offers.map(({ info }) => info.id),
      {},
    )
  }
}

function finish({ resolve, reject }: PromiseWithResolvers<IteratorResult<Offer>>, end: End): void {
  if (end === 'done') resolve({ value: undefined, done: true })
  else reject(end.error)
}
