/**
 * A response that stays open: one writer per reader, bounded.
 * A reader who does not keep up is cut at `bufferBytesMax` instead of filling memory; it reconnects and starts anew.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { lengthOf } from '../large-answers/pieces.ts'
import { writePieces } from '../large-answers/write-pieces.ts'
import type { Written } from '../large-answers/write-pieces.ts'
import { HTTP_LIMITS } from './limits.ts'

const crlf = Buffer.from('\r\n')
const chunkSize = (length: number): Buffer => Buffer.from(`${length.toString(16)}\r\n`)

/** A chunk with its HTTP framing, made once for however many streams with `chunkPerWrite` get it. */
export class HttpChunk {
  readonly bytes: Buffer
  /** Where Node does the framing: without `chunkPerWrite`, or while an earlier answer has the connection. */
  readonly body: Buffer

  constructor(body: Uint8Array) {
    const size = chunkSize(body.length)
    this.bytes = Buffer.concat([size, body, crlf])
    this.body = this.bytes.subarray(size.length, -crlf.length)
  }

  get length(): number {
    return this.bytes.length
  }
}

type Chunk = string | Uint8Array | HttpChunk

export type StreamEnd = 'client' | 'server' | 'slow'

export type StreamOptions = {
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly bufferBytesMax?: number
  /** What is written when nothing else was for `heartbeatMs`; without it there are no heartbeats. */
  readonly heartbeat?: () => string | Uint8Array
  readonly heartbeatMs?: number
  /** Also when something was written meanwhile: Mesos' heartbeats come at a fixed pace. */
  readonly heartbeatAlways?: boolean
  readonly onEnd?: (end: StreamEnd) => void
  /** Each write is an HTTP chunk of its own, even when several happen in one turn of the event loop. */
  readonly chunkPerWrite?: boolean
}

/** An open streamed response. */
export class StreamWriter {
  readonly #response: ServerResponse
  readonly #options: StreamOptions
  #timer: NodeJS.Timeout | undefined
  #isOpen = true
  /** Ends once the large chunk has been written. */
  #isClosing = false
  /** What is written in this turn of the event loop goes out at its end, with one system call. */
  #isGathering = false
  /** What comes after the large chunk that is on its way. */
  #held: { readonly chunks: Chunk[]; bytes: number } | undefined

  constructor(response: ServerResponse, options: StreamOptions) {
    this.#response = response
    this.#options = options
    response.writeHead(200, {
      'Content-Type': options.contentType,
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...options.headers,
    })
    response.flushHeaders()
    response.socket?.setNoDelay(true)
    response.on('close', () => this.#finish('client'))
    response.on('error', () => this.#finish('client'))
    if (options.heartbeat !== undefined) this.#armHeartbeat(options.heartbeat)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Queues a chunk. False when the stream is over, which it is after the reader was cut. */
  write(chunk: Chunk): boolean {
    if (!this.#isOpen) return false
    const pending = this.#held ? hold(this.#held, chunk) : this.#pending(chunk)
    if (pending > (this.#options.bufferBytesMax ?? HTTP_LIMITS.streamBufferBytesMax)) return this.#cut()
    if (this.#options.heartbeatAlways !== true) this.#timer?.refresh()
    return true
  }

  /** Several chunks with one system call, now. */
  writeAll(chunks: readonly Chunk[]): void {
    const { socket } = this.#response
    const isFirst = !this.#isGathering
    this.#isGathering = true
    if (isFirst) socket?.cork()
    for (const chunk of chunks) this.write(chunk)
    if (!isFirst) return
    this.#isGathering = false
    socket?.uncork()
  }

  /**
   * Writes one chunk that is too large to be queued, as fast as the reader takes it. What is written meanwhile, also
   * while the pieces are still being made, comes after it. Without pieces nothing is written.
   */
  async writeLarge(made: Promise<readonly Uint8Array[] | undefined>): Promise<void> {
    const held: { chunks: Chunk[]; bytes: number } = { chunks: [], bytes: 0 }
    this.#held = held
    const pieces = await made
    if (pieces && this.#isOpen && (await this.#writePieces(pieces)) === 'slow') this.#cut()
    this.#held = undefined
    for (const chunk of held.chunks) this.write(chunk)
    if (this.#isClosing) this.close()
  }

  #writePieces(pieces: readonly Uint8Array[]): Promise<Written> {
    const { socket } = this.#response
    if (this.#options.chunkPerWrite !== true || socket === null) return writePieces(this.#response, pieces)
    return writePieces(socket, [chunkSize(lengthOf(pieces)), ...pieces, crlf])
  }

  #cut(): false {
    this.#finish('slow')
    this.#response.destroy()
    return false
  }

  /** Queues a chunk; what is not yet on its way, in bytes. */
  #pending(chunk: Chunk): number {
    const { socket } = this.#response
    // Node joins the writes of one turn into one chunk, but clients are in use (mesos-framework) that take a chunk for
    // a record, as Mesos sends them; so the framing is done here.
    if (this.#options.chunkPerWrite === true && socket !== null) {
      this.#gather(socket)
      socket.write(framed(chunk).bytes)
      return socket.writableLength
    }
    this.#response.write(chunk instanceof HttpChunk ? chunk.body : chunk)
    return this.#response.writableLength
  }

  #gather(socket: Socket): void {
    if (this.#isGathering) return
    this.#isGathering = true
    socket.cork()
    process.nextTick(() => {
      this.#isGathering = false
      socket.uncork()
    })
  }

  /** Ends the response after what is queued. */
  close(): void {
    if (!this.#isOpen) return
    this.#isClosing = this.#held !== undefined
    if (this.#isClosing) return
    this.#finish('server')
    this.#response.end()
  }

  #armHeartbeat(heartbeat: () => string | Uint8Array): void {
    this.#timer = setTimeout(() => {
      if (this.write(heartbeat())) this.#timer?.refresh()
    }, this.#options.heartbeatMs ?? HTTP_LIMITS.heartbeatMs)
    this.#timer.unref()
  }

  #finish(end: StreamEnd): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearTimeout(this.#timer)
    this.#options.onEnd?.(end)
  }
}

function framed(chunk: Chunk): HttpChunk {
  if (chunk instanceof HttpChunk) return chunk
  return new HttpChunk(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
}

function hold(held: { readonly chunks: Chunk[]; bytes: number }, chunk: Chunk): number {
  held.chunks.push(chunk)
  held.bytes += chunk.length
  return held.bytes
}

export type ServerSentEvent = { readonly event?: string; readonly id?: string; readonly data: string }

/** The text of one event; data of several lines becomes several `data:` lines. */
export function encodeServerSentEvent({ event, id, data }: ServerSentEvent): string {
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`)
  return `${head}data: ${data.replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`
}

/** A text/event-stream response. Heartbeats are comments unless `heartbeat` says otherwise. */
export class EventStream {
  readonly #writer: StreamWriter
  constructor(response: ServerResponse, options: Omit<StreamOptions, 'contentType'> = {}) {
    this.#writer = new StreamWriter(response, {
      heartbeat: () => ':\n\n',
      ...options,
      contentType: 'text/event-stream',
    })
  }

  get isOpen(): boolean {
    return this.#writer.isOpen
  }

  /** False when the stream is over. */
  send(event: ServerSentEvent): boolean {
    return this.#writer.write(encodeServerSentEvent(event))
  }

  /** Text that was encoded once for many readers, by encodeServerSentEvent. */
  sendEncoded(text: string): boolean {
    return this.#writer.write(text)
  }

  close(): void {
    this.#writer.close()
  }
}
