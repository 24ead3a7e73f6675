/**
 * The calls of one subscription: sent in their order on one kept connection, so many of them before the first is
 * answered (HTTP pipelining). One at a time, a server sees them in order however it works; more need a server that does
 * not mind, or calls without an order. Node's own client does neither at such a rate: it has one request at a time on a
 * connection, and takes ten times as long for it.
 *
 * Calls that wait when the line closes are refused, they belong to a subscription that is gone. Those that are on their
 * way may still be answered: a TEARDOWN ends the subscription before its own answer comes.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import Denque from 'denque'
import { CallError } from '../errors.ts'
import type { Answer, Endpoint, Headers } from '../exchange.ts'
import { ANSWER_TIMEOUT_MS } from '../limits.ts'
import { Connection } from './connection.ts'
import type { ReadAnswer } from './read-answer.ts'

export type CallLineOptions = {
  readonly endpoint: Endpoint
  readonly headers: Headers
  /** Calls under way at the same time. */
  readonly inFlightMax?: number
  readonly answerTimeoutMs?: number
}

type Call = {
  readonly body: Uint8Array
  readonly answered: PromiseWithResolvers<Answer>
  /** Nothing was under way when it went out, on a connection that had been in use. */
  wentOutIdle: boolean
  mayRepeat: boolean
}

export class CallLine {
  readonly #options: CallLineOptions
  readonly #head: string
  readonly #inFlightMax: number
  // Arrays take half a millisecond to give their first of 100,000.
  readonly #waiting = new Denque<Call>()
  readonly #sent = new Denque<Call>()
  #connection: Connection | undefined
  #late: NodeJS.Timeout | undefined
  #closedBecause: string | undefined

  constructor(options: CallLineOptions) {
    this.#options = options
    this.#inFlightMax = options.inFlightMax ?? 1
    this.#head = requestHead(options.endpoint.url, options.headers)
  }

  /** Resolves with an answer of 2xx; rejects with CallError. */
  send(body: Uint8Array): Promise<Answer> {
    if (this.#closedBecause !== undefined) return Promise.reject(refusal(this.#closedBecause))
    const answered = Promise.withResolvers<Answer>()
    this.#waiting.push({ body, answered, wentOutIdle: false, mayRepeat: true })
    this.#sendWaiting()
    return answered.promise
  }

  close(reason: string): void {
    this.#closedBecause ??= reason
    for (const { answered } of takeAll(this.#waiting)) answered.reject(refusal(this.#closedBecause))
    this.#rest()
  }

  #sendWaiting(): void {
    while (this.#sent.length < this.#inFlightMax) {
      const call = this.#waiting.shift()
      if (call === undefined) return
      this.#sendNow(call)
    }
  }

  #sendNow(call: Call): void {
    const connection = (this.#connection ??= this.#connect())
    const isIdle = this.#sent.length === 0
    call.wentOutIdle = isIdle && connection.answerCount > 0
    this.#sent.push(call)
    connection.write(Buffer.concat([Buffer.from(`${this.#head}${call.body.length}\r\n\r\n`, 'latin1'), call.body]))
    if (!isIdle) return
    connection.setBusy(true)
    this.#awaitAnswer(connection)
  }

  #connect(): Connection {
    const connection: Connection = new Connection(this.#options.endpoint, {
      onAnswer: (answer) => this.#onAnswer(answer, connection),
      onEnd: (error) => this.#onEnd(error),
    })
    return connection
  }

  #awaitAnswer(connection: Connection): void {
    const ms = this.#options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS
    clearTimeout(this.#late)
    this.#late = setTimeout(() => {
      connection.destroy()
      this.#onEnd(new Error(`no answer from ${this.#options.endpoint.url.host} within ${ms} ms`))
    }, ms)
  }

  #onAnswer({ status, text, isLast }: ReadAnswer, connection: Connection): void {
    const call = this.#sent.shift()
    if (call === undefined) {
      connection.destroy()
      return this.#onEnd(new Error('the server answered what was not asked'))
    }
    this.#late?.refresh()
    if (status >= 200 && status < 300) call.answered.resolve({ status, text })
    else call.answered.reject(new CallError('CALL_REFUSED', `${status} ${text}`.trim(), { status }))
    if (isLast) this.#moveOn(connection)
    this.#sendWaiting()
    this.#rest()
  }

  /** The server has not looked at what came after its last answer. */
  #moveOn(connection: Connection): void {
    connection.destroy()
    this.#forgetConnection()
    this.#putBack(takeAll(this.#sent))
  }

  /**
   * A kept connection that the server closed while it was idle is replaced once: what was sent meanwhile cannot have
   * been handled then. Of other calls it is not known.
   */
  #onEnd(error: NodeJS.ErrnoException): void {
    this.#forgetConnection()
    const lost = takeAll(this.#sent)
    const [first] = lost
    const isStale = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    if (first?.wentOutIdle === true && first.mayRepeat && isStale) {
      for (const call of lost) call.mayRepeat = false
      this.#putBack(lost)
    } else {
      const failure = new CallError('CALL_UNDELIVERED', error.message, { cause: error })
      for (const { answered } of lost) answered.reject(failure)
    }
    this.#sendWaiting()
  }

  #putBack(calls: readonly Call[]): void {
    for (const call of calls.toReversed()) this.#waiting.unshift(call)
  }

  #forgetConnection(): void {
    clearTimeout(this.#late)
    this.#connection = undefined
  }

  #rest(): void {
    if (this.#sent.length > 0) return
    clearTimeout(this.#late)
    this.#connection?.setBusy(false)
    if (this.#closedBecause === undefined) return
    this.#connection?.destroy()
    this.#connection = undefined
  }
}

function takeAll(calls: Denque<Call>): Call[] {
  const all = calls.toArray()
  calls.clear()
  return all
}

const refusal = (reason: string): CallError => new CallError('NOT_SUBSCRIBED', reason)

/** All of a request before its body but the length. */
function requestHead(url: URL, headers: Headers): string {
  const fields = Object.entries({ Host: url.host, Connection: 'keep-alive', ...authorization(url), ...headers })
  for (const [name, value] of fields) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  const lines = fields.map(([name, value]) => `${name}: ${value}`)
  return [`POST ${url.pathname}${url.search} HTTP/1.1`, ...lines, 'Content-Length: '].join('\r\n')
}

function authorization({ username, password }: URL): Headers {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
