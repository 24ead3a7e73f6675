/** A subscription in JSON over plain HTTP. */
import { createRecordIoDecoder } from '@thermosphere/protocol'
import { request } from 'node:http'
import type { ClientRequest } from 'node:http'

export type Subscription<Event> = {
  readonly url: string
  readonly call: object
  readonly decode: (record: Uint8Array) => Event
  readonly onEvent: (event: Event) => void
}

const recordBytesMax = 16 * 1024 * 1024

export class EventReader<Event> {
  streamId: string | undefined
  /** Why nothing is read any more. */
  ended: string | undefined
  readonly #request: ClientRequest

  constructor({ url, call, decode, onEvent }: Subscription<Event>) {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
    this.#request = request(url, { method: 'POST', headers, agent: false })
    this.#request.on('error', (error) => (this.ended ??= error.message))
    this.#request.on('response', (response) => {
      const id = response.headers['mesos-stream-id']
      this.streamId = typeof id === 'string' ? id : undefined
      const records = createRecordIoDecoder(recordBytesMax)
      response.on('data', (chunk: Buffer) => {
        if (response.statusCode !== 200) this.ended ??= `${response.statusCode}: ${chunk.toString()}`
        else for (const record of records.push(chunk)) onEvent(decode(record))
      })
      response.on('close', () => (this.ended ??= 'the stream was closed'))
    })
    this.#request.end(JSON.stringify(call))
  }

  close(): void {
    this.#request.destroy()
  }
}
