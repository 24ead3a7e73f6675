import { encodeJson, encodeProtobuf, encodeRecord } from '@thermosphere/protocol'
import type { master, scheduler } from '@thermosphere/protocol'
import { StreamWriter } from '@thermosphere/service-kit'
import type { ServerResponse } from 'node:http'

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

/** Open event streams of one kind, by id; each in the encoding that its client asked for. */
export class EventStreams<Event> {
  readonly #encode: Encode<Event>
  readonly #onEnd: (streamId: string) => void
  readonly #streams = new Map<string, { readonly writer: StreamWriter; readonly encoding: Encoding }>()

  constructor(encode: Encode<Event>, onEnd: (streamId: string) => void) {
    this.#encode = encode
    this.#onEnd = onEnd
  }

  /** Answers 200 and keeps the response open. */
  open(
    streamId: string,
    response: ServerResponse,
    encoding: Encoding,
    headers: Readonly<Record<string, string>>,
  ): void {
    const onEnd = (): void => {
      if (this.#streams.delete(streamId)) this.#onEnd(streamId)
    }
    this.#streams.set(streamId, {
      writer: new StreamWriter(response, { contentType: encoding, headers, onEnd, chunkPerWrite: true }),
      encoding,
    })
  }

  send(streamId: string, event: Event): void {
    const stream = this.#streams.get(streamId)
    if (stream) stream.writer.write(this.#encode(event, stream.encoding))
  }

  /** Encoded once for all streams of an encoding. */
  sendAll(event: Event): void {
    const encoded = new Map<Encoding, Uint8Array>()
    for (const { writer, encoding } of [...this.#streams.values()]) {
      const record = encoded.get(encoding) ?? this.#encode(event, encoding)
      encoded.set(encoding, record)
      writer.write(record)
    }
  }

  /** Ends a stream after what was sent on it. Its end is then no news. */
  end(streamId: string): void {
    const stream = this.#streams.get(streamId)
    this.#streams.delete(streamId)
    stream?.writer.close()
  }

  endAll(): void {
    for (const streamId of [...this.#streams.keys()]) this.end(streamId)
  }
}
