import { encodeJson, encodeProtobuf, encodeRecord } from '@thermosphere/protocol'
import type { master, scheduler } from '@thermosphere/protocol'
import { HttpChunk, inSlices, runInSlices, StreamWriter } from '@thermosphere/service-kit'
import type { StreamEnd } from '@thermosphere/service-kit'
import type { ServerResponse } from 'node:http'
import { MASTER_LIMITS } from '../../limits.ts'

export type Encoding = 'application/json' | 'application/x-protobuf'

type Encode<Event> = (event: Event, encoding: Encoding) => Uint8Array

export const encodeSchedulerEvent: Encode<scheduler.Event> = (event, encoding) =>
  encodeRecord(
    encoding === 'application/json' ? encodeJson(schedulerEvent, event) : encodeProtobuf(schedulerEvent, event),
  )

export const encodeOperatorEvent: Encode<master.Event> = (event, encoding) =>
  encodeRecord(
    encoding === 'application/json' ? encodeJson(operatorEvent, event) : encodeProtobuf(operatorEvent, event),
  )

const schedulerEvent = 'mesos.v1.scheduler.Event'
const operatorEvent = 'mesos.v1.master.Event'

type Stream = {
  readonly writer: StreamWriter
  readonly encoding: Encoding
  /** Records for the next turn. */
  readonly waiting: HttpChunk[]
}

export type EventStreamsOptions<Event> = {
  readonly encode: Encode<Event>
  readonly onEnd: (streamId: string) => void
  /** A reader was cut because it was too far behind. */
  readonly onSlow: (streamId: string) => void
}

/** Open event streams of one kind, by id; each in the encoding that its client asked for. */
export class EventStreams<Event> {
  readonly #options: EventStreamsOptions<Event>
  readonly #streams = new Map<string, Stream>()
  /** Streams with records that wait for their turn. */
  readonly #due = new Set<Stream>()

  constructor(options: EventStreamsOptions<Event>) {
    this.#options = options
  }

  /** Answers 200 and keeps the response open. */
  open(
    streamId: string,
    response: ServerResponse,
    encoding: Encoding,
    headers: Readonly<Record<string, string>>,
  ): void {
    const onEnd = (end: StreamEnd): void => {
      if (end === 'slow') this.#options.onSlow(streamId)
      if (this.#streams.delete(streamId)) this.#options.onEnd(streamId)
    }
    this.#streams.set(streamId, {
      writer: new StreamWriter(response, { contentType: encoding, headers, onEnd, chunkPerWrite: true }),
      encoding,
      waiting: [],
    })
  }

  send(streamId: string, event: Event): void {
    const stream = this.#streams.get(streamId)
    if (stream) this.#write(stream, this.#encode(event, stream.encoding))
  }

  /** One event that may be larger than what a stream may have waiting. */
  sendLarge(streamId: string, render: (encoding: Encoding) => Generator<undefined, Uint8Array[]>): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    const { writer, encoding } = stream
    const pieces = runInSlices(render(encoding), () => writer.isOpen)
    void writer.writeLarge(pieces.then((all) => all && [recordHeader(all), ...all]))
  }

  /**
   * Encoded once for all streams of an encoding. Where they are many, it is written to a few of them in each turn of
   * the event loop, together with what else came meanwhile.
   */
  sendAll(event: Event, to: readonly string[] | 'all' = 'all'): void {
    const encoded = new Map<Encoding, HttpChunk>()
    const streams = to === 'all' ? [...this.#streams.values()] : to.flatMap((id) => this.#streams.get(id) ?? [])
    const isLater = streams.length > MASTER_LIMITS.streamsPerTurn
    for (const stream of streams) {
      const record = encoded.get(stream.encoding) ?? this.#encode(event, stream.encoding)
      encoded.set(stream.encoding, record)
      if (isLater) this.#postpone(stream, record)
      else this.#write(stream, record)
    }
  }

  #encode(event: Event, encoding: Encoding): HttpChunk {
    return new HttpChunk(this.#options.encode(event, encoding))
  }

  #write(stream: Stream, record: HttpChunk): void {
    if (stream.waiting.length > 0) stream.waiting.push(record)
    else stream.writer.write(record)
  }

  #postpone(stream: Stream, record: HttpChunk): void {
    stream.waiting.push(record)
    if (this.#due.size === 0) void inSlices(() => this.#flushNext())
    this.#due.add(stream)
  }

  /** Whether nothing waits any more. */
  #flushNext(): boolean {
    const [stream] = this.#due
    if (stream) this.#flush(stream)
    return this.#due.size === 0
  }

  #flush(stream: Stream): void {
    this.#due.delete(stream)
    stream.writer.writeAll(stream.waiting.splice(0))
  }

  /** Ends a stream after what was sent on it. Its end is then no news. */
  end(streamId: string): void {
    const stream = this.#streams.get(streamId)
    this.#streams.delete(streamId)
    if (!stream) return
    this.#flush(stream)
    stream.writer.close()
  }

  endAll(): void {
    for (const streamId of [...this.#streams.keys()]) this.end(streamId)
  }
}

const recordHeader = (pieces: readonly Uint8Array[]): Uint8Array =>
  Buffer.from(`${pieces.reduce((sum, piece) => sum + piece.length, 0)}\n`)
