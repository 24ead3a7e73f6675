/** One connection to the processes of an address, from the attempt to its end. */
import net from 'node:net'
import {
  LIBPROCESS_CLOSE_MS,
  LIBPROCESS_CONNECT_MS,
  LIBPROCESS_IDLE_MS,
  LIBPROCESS_KEEP_ALIVE_MS,
  LIBPROCESS_QUEUE_BYTES_MAX,
} from './limits.ts'

export type PeerLimits = {
  readonly connectMs: number
  readonly idleMs: number
  readonly queueBytesMax: number
}

export type PeerConnectionOptions = Partial<PeerLimits> & {
  readonly host: string
  readonly port: number
  /** Somebody wants to know of its end: it is kept though nothing is said. */
  readonly isLinked: () => boolean
  /** Once, unless the connection was ended from here. */
  readonly onGone: (reason: string) => void
}

export class PeerConnection {
  readonly #options: PeerConnectionOptions
  readonly #socket: net.Socket
  readonly #queueBytesMax: number
  #isOver = false

  constructor(options: PeerConnectionOptions) {
    const { host, port, isLinked, connectMs = LIBPROCESS_CONNECT_MS, idleMs = LIBPROCESS_IDLE_MS } = options
    this.#options = options
    this.#queueBytesMax = options.queueBytesMax ?? LIBPROCESS_QUEUE_BYTES_MAX
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: LIBPROCESS_KEEP_ALIVE_MS }
    const socket = net.connect({ host, port, noDelay: true, ...keepAlive })
    this.#socket = socket
    const late = setTimeout(() => this.#finish(`no connection within ${connectMs} ms`), connectMs)
    socket.once('connect', () => {
      clearTimeout(late)
      socket.setTimeout(idleMs)
    })
    socket.on('timeout', () => {
      if (!isLinked()) this.#finish('nothing was said for long')
    })
    // Answers, if there are any, tell nothing.
    socket.resume()
    socket.once('end', () => this.#finish('it closed its connection'))
    socket.once('error', (error) => this.#finish(error.message))
    socket.once('close', () => {
      clearTimeout(late)
      this.#finish('its connection ended')
    })
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#socket.write(bytes)
    if (this.#socket.writableLength > this.#queueBytesMax)
      this.#finish(`it does not read: ${this.#socket.writableLength} bytes wait for it`)
  }

  /** After what was written, if that is taken soon. */
  end(): void {
    this.#isOver = true
    if (this.#socket.destroyed) return
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), LIBPROCESS_CLOSE_MS).unref()
  }

  #finish(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.#options.onGone(reason)
  }
}
