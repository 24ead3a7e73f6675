/** Subscriptions and calls over the simulated network, as SchedulerClient makes them over HTTP. */
import type { scheduler } from '@thermosphere/protocol'
import type { Line, Network, SimProcess } from '../../kernel/index.ts'
import type { Answer, FromStream, ToCalls, ToStream } from '../wire.ts'
import type { Dial, DialHandlers, DialOutcome, MasterStream } from './scheduler-connection.ts'

/** A master that accepts and says nothing is left after that long. */
const dialMs = 5_000
/** A call that is not answered is lost. */
const callMs = 15_000

export function dialOf(network: Network, process: SimProcess): Dial {
  return (master, { subscribe }, handlers) => {
    const subscription = new Subscription({ network, process, master }, handlers)
    subscription.open(subscribe ?? { framework_info: { user: '', name: '' } })
    return subscription
  }
}

type Place = { readonly network: Network; readonly process: SimProcess; readonly master: string }

class Subscription implements MasterStream {
  readonly #place: Place
  readonly #handlers: DialHandlers
  readonly #answers = new Map<number, (status: number | undefined) => void>()
  #stream: Line<ToStream> | undefined
  #calls: Line<ToCalls> | undefined
  #streamId: string | undefined
  #next = 1
  #isOver = false

  constructor(place: Place, handlers: DialHandlers) {
    this.#place = place
    this.#handlers = handlers
  }

  open(subscribe: scheduler.Call_Subscribe): void {
    const { network, process, master } = this.#place
    this.#stream = network.connect<FromStream, ToStream>(process, `${master}/stream`, {
      onMessage: (message) => this.#onMessage(message),
      onClose: () => this.#end({ type: this.#streamId === undefined ? 'try-again' : 'ended', reason: 'closed' }),
    })
    this.#stream.send({ subscribe })
    process.after(dialMs, () => {
      if (this.#streamId === undefined) this.#end({ type: 'try-again', reason: 'no answer' })
    })
  }

  send(call: scheduler.Call, done: (status: number | undefined) => void): void {
    const { network, process, master } = this.#place
    if (this.#streamId === undefined || this.#isOver) return done(undefined)
    this.#calls ??= network.connect<Answer, ToCalls>(process, `${master}/calls`, {
      onMessage: ({ id, status }) => this.#answered(id, status),
      onClose: () => {
        for (const id of [...this.#answers.keys()]) this.#answered(id, undefined)
      },
    })
    const id = this.#next++
    this.#answers.set(id, done)
    this.#calls.send({ id, streamId: this.#streamId, call })
    process.after(callMs, () => this.#answered(id, undefined))
  }

  close(): void {
    this.#isOver = true
    this.#stream?.close()
    this.#calls?.close()
  }

  #onMessage(message: FromStream): void {
    if (this.#isOver) return
    switch (message.type) {
      case 'moved':
        return this.#end({ type: 'moved', to: message.to })
      case 'unavailable':
        return this.#end({ type: 'try-again', reason: 'nobody leads' })
      case 'accepted':
        this.#streamId = message.streamId
        return
      case 'event':
        return this.#handlers.onEvent(message.event)
    }
  }

  #answered(id: number, status: number | undefined): void {
    const done = this.#answers.get(id)
    if (!this.#answers.delete(id) || this.#isOver) return
    done?.(status)
  }

  #end(outcome: DialOutcome): void {
    if (this.#isOver) return
    this.close()
    this.#handlers.onEnd(outcome)
  }
}
