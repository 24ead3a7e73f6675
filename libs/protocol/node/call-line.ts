/**
 * The calls of one subscription: sent one after another on one kept connection, so that the server sees them in order.
 * Calls that wait when the line closes are refused, they belong to a subscription that is gone.
 */
import http from 'node:http'
import https from 'node:https'
import { CallError } from './errors.ts'
import { exchange, isHttps } from './exchange.ts'
import type { Answer, Endpoint, Headers } from './exchange.ts'

export class CallLine {
  readonly #endpoint: Endpoint
  readonly #headers: Headers
  readonly #agent: http.Agent
  #last: Promise<unknown> = Promise.resolve()
  #closedBecause: string | undefined

  constructor(endpoint: Endpoint, headers: Headers) {
    this.#endpoint = endpoint
    this.#headers = headers
    const options = { keepAlive: true, maxSockets: 1 }
    this.#agent = isHttps(endpoint.url) ? new https.Agent(options) : new http.Agent(options)
  }

  /** Resolves with an answer of 2xx; rejects with CallError. */
  send(body: Uint8Array): Promise<Answer> {
    const sent = this.#last.then(() => this.#sendNow(body))
    // The next call goes out whatever becomes of this one, whose caller is told.
    this.#last = sent.catch(() => undefined)
    return sent
  }

  async #sendNow(body: Uint8Array): Promise<Answer> {
    if (this.#closedBecause !== undefined) throw new CallError('NOT_SUBSCRIBED', this.#closedBecause)
    const answer = await this.#exchange(body)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw new CallError('CALL_REFUSED', `${answer.status} ${answer.text}`.trim(), { status: answer.status })
  }

  async #exchange(body: Uint8Array): Promise<Answer> {
    try {
      return await exchange({ endpoint: this.#endpoint, headers: this.#headers, body, agent: this.#agent })
    } catch (cause) {
      throw new CallError('CALL_UNDELIVERED', cause instanceof Error ? cause.message : String(cause), { cause })
    }
  }

  /** The call that is under way may still be answered: a TEARDOWN ends the subscription before its own answer comes. */
  close(reason: string): void {
    this.#closedBecause ??= reason
    void this.#last.finally(() => this.#agent.destroy())
  }
}

/** Lines side by side, in turn, for calls that need no order among each other: none waits for all before it. */
export class CallLines {
  readonly #lines: readonly CallLine[]
  #next = 0

  constructor(count: number, open: () => CallLine) {
    this.#lines = Array.from({ length: count }, open)
  }

  send(body: Uint8Array): Promise<Answer> {
    const line = this.#lines[this.#next++ % this.#lines.length]
    if (line === undefined) throw new RangeError('there is no line')
    return line.send(body)
  }

  close(reason: string): void {
    for (const line of this.#lines) line.close(reason)
  }
}
