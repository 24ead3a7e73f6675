/** One connection to a server: requests go out as bytes, answers come back in their order. It ends once. */
import net from 'node:net'
import tls from 'node:tls'
import { isHttps } from '../exchange.ts'
import type { Endpoint } from '../exchange.ts'
import { readAnswer } from './read-answer.ts'
import type { ReadAnswer } from './read-answer.ts'

export type ConnectionEvents = {
  onAnswer(answer: ReadAnswer): void
  /** The connection is gone, or said what is no answer. Not called after `destroy`. */
  onEnd(error: Error): void
}

const nothing = Buffer.alloc(0)

export class Connection {
  /** Answers that have come. */
  answerCount = 0
  readonly #socket: net.Socket
  readonly #events: ConnectionEvents
  #unread: Buffer = nothing
  /** What is written at the end of this turn. */
  #unsent: Uint8Array[] = []
  #isOver = false

  constructor(endpoint: Endpoint, events: ConnectionEvents) {
    this.#events = events
    this.#socket = connect(endpoint)
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.once('end', () => this.#read(nothing, { isEnded: true }))
    this.#socket.once('error', (error) => this.#onLost(error))
    this.#socket.once('close', () => this.#onLost(hangUp()))
  }

  /** Requests of one turn go out together. */
  write(request: Uint8Array): void {
    if (this.#unsent.push(request) === 1) process.nextTick(() => this.#flush())
  }

  /** Whether it keeps the process alive. */
  setBusy(isBusy: boolean): void {
    if (isBusy) this.#socket.ref()
    else this.#socket.unref()
  }

  destroy(): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  #flush(): void {
    const requests = this.#unsent
    this.#unsent = []
    const [first] = requests
    if (first === undefined || this.#isOver) return
    this.#socket.write(requests.length === 1 ? first : Buffer.concat(requests))
  }

  #read(chunk: Buffer, { isEnded = false } = {}): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    try {
      while (!this.#isOver && this.#unread.length > 0) {
        const answer = readAnswer(this.#unread, { isEnded })
        if (answer === undefined) break
        this.#unread = this.#unread.subarray(answer.length)
        this.answerCount++
        this.#events.onAnswer(answer)
      }
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** A server that has begun to answer had not closed an idle connection: its code would say so. */
  #onLost(error: Error): void {
    if (this.#unread.length === 0) this.#finish(error)
    else this.#finish(new Error(`the answer is not complete: ${error.message}`, { cause: error }))
  }

  #finish(error: Error): void {
    if (this.#isOver) return
    this.destroy()
    this.#events.onEnd(error)
  }
}

const hangUp = (): Error => Object.assign(new Error('the server hung up'), { code: 'ECONNRESET' })

function connect({ url, socketPath }: Endpoint): net.Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isSecure = isHttps(url)
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const target = socketPath === undefined ? { host, port } : { path: socketPath }
  const options = { ...target, noDelay: true, keepAlive: true }
  if (!isSecure) return net.connect(options)
  return tls.connect({ ...options, ALPNProtocols: ['http/1.1'], ...(net.isIP(host) === 0 && { servername: host }) })
}
