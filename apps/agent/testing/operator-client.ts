/** Speaks the operator API as tools do: plain calls, and streams of records in both directions. */
import { createRecordIoDecoder, decodeJson, decodeProtobuf, encodeRecord } from '@thermosphere/protocol'
import type { agent, mesos } from '@thermosphere/protocol'
import { request } from 'node:http'
import type { ClientRequest } from 'node:http'

export type Answer = { readonly status: number; readonly type: string | null; readonly text: string }

const json = { 'content-type': 'application/json', accept: 'application/json' }
const RECORD_BYTES_MAX = 1024 * 1024

/** Answers of a stream as they come. */
export class OutputStream {
  readonly response: Response
  readonly #abort: AbortController
  readonly #records: agent.ProcessIO[] = []
  #done: Promise<void>
  isEnded = false

  constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#done = this.#read()
  }

  get records(): readonly agent.ProcessIO[] {
    return this.#records
  }

  said(type: 'STDOUT' | 'STDERR'): string {
    const data = this.#records.flatMap((one) => (one.data?.type === type && one.data.data ? [one.data.data] : []))
    return Buffer.concat(data).toString()
  }

  async end(): Promise<void> {
    await this.#done
  }

  hangUp(): void {
    this.#abort.abort()
  }

  async #read(): Promise<void> {
    const decoder = createRecordIoDecoder(RECORD_BYTES_MAX)
    // A refusal is no stream.
    if (this.response.status !== 200) return
    const isJson = this.response.headers.get('message-content-type') !== 'application/x-protobuf'
    const decode = isJson ? decodeJson : decodeProtobuf
    try {
      for await (const chunk of this.response.body ?? [])
        this.#records.push(...decoder.push(chunk).map((record) => decode('mesos.v1.agent.ProcessIO', record)))
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    }
    this.isEnded = true
  }
}

export class OperatorClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = `${url}/api/v1`
  }

  async call(body: unknown, headers: Record<string, string> = json): Promise<Answer> {
    const response = await fetch(this.#url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }

  async stream(body: unknown, messageAccept = 'application/json'): Promise<OutputStream> {
    const abort = new AbortController()
    const headers = { ...json, accept: 'application/recordio', 'message-accept': messageAccept }
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal: abort.signal }
    return new OutputStream(await fetch(this.#url, init), abort)
  }

  input(id: mesos.ContainerID): InputStream {
    return new InputStream(this.#url, id)
  }
}

/** ATTACH_CONTAINER_INPUT. */
export class InputStream {
  readonly #request: ClientRequest
  readonly answer: Promise<Answer>

  constructor(url: string, id: mesos.ContainerID) {
    const headers = { 'content-type': 'application/recordio', 'message-content-type': 'application/json' }
    this.#request = request(url, { method: 'POST', headers: { ...headers, accept: 'application/json' } })
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.answer = promise
    // Whoever waits for it hears of it; nobody has to.
    promise.catch(() => undefined)
    this.#request.on('error', reject)
    this.#request.on('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? null, text }),
      )
    })
    this.record({ type: 'CONTAINER_ID', container_id: id })
  }

  record(input: unknown): void {
    const call = { type: 'ATTACH_CONTAINER_INPUT', attach_container_input: input }
    this.#request.write(encodeRecord(JSON.stringify(call)))
  }

  /** An empty text is the end of the input. */
  type(text: string): void {
    const data = { type: 'STDIN', data: Buffer.from(text).toString('base64') }
    this.record({ type: 'PROCESS_IO', process_io: { type: 'DATA', data } })
  }

  resize(rows: number, columns: number): void {
    const control = { type: 'TTY_INFO', tty_info: { window_size: { rows, columns } } }
    this.record({ type: 'PROCESS_IO', process_io: { type: 'CONTROL', control } })
  }

  end(): void {
    this.#request.end()
  }
}
