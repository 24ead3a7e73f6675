/**
 * One attempt at a subscription: a POST whose answer is a RecordIO stream of events. The attempt ends in exactly one
 * outcome; who dials again, and when, is decided elsewhere.
 */
import type http from 'node:http'
import { createRecordIoDecoder } from '../record-io.ts'
import { WireError } from '../wire-error.ts'
import { post, readText } from './exchange.ts'
import type { Endpoint, Headers } from './exchange.ts'
import { RECORD_BYTES_MAX } from './limits.ts'

export type StreamOutcome =
  /** The stream was open and is not any more. */
  | { readonly type: 'ended'; readonly reason: string }
  /** Another server is in charge. */
  | { readonly type: 'moved'; readonly to: URL }
  /** No stream was opened; later or elsewhere it may be. */
  | { readonly type: 'try-again'; readonly reason: string }
  /** The request itself was refused. */
  | { readonly type: 'give-up'; readonly reason: string }

export type EventStreamOptions<Event> = {
  readonly endpoint: Endpoint
  readonly headers: Headers
  readonly body: Uint8Array
  readonly answerTimeoutMs?: number | undefined
  readonly decode: (record: Uint8Array) => Event
  /** Before the first event. */
  readonly onOpen: (headers: http.IncomingHttpHeaders) => void
  readonly onEvent: (event: Event) => void
}

export type EventStream = {
  readonly outcome: Promise<StreamOutcome>
  /** Ends the stream when nothing arrives for this long; 0 waits for ever. */
  setSilenceMax(ms: number): void
  close(reason: string): void
}

function refusal(status: number, text: string): StreamOutcome {
  const reason = `${status} ${text}`.trim()
  const isPermanent = status >= 400 && status < 500 && status !== 408 && status !== 429
  return { type: isPermanent ? 'give-up' : 'try-again', reason }
}

function redirection(response: http.IncomingMessage, from: URL): StreamOutcome {
  const location = response.headers.location ?? ''
  // Mesos' Location has no scheme: //host:port/path.
  if (!URL.canParse(location, from)) return { type: 'try-again', reason: `redirected to '${location}'` }
  return { type: 'moved', to: new URL(location, from) }
}

export function openEventStream<Event>(options: EventStreamOptions<Event>): EventStream {
  const { endpoint, headers, body, answerTimeoutMs } = options
  const request = post({ endpoint, headers, body, answerTimeoutMs, agent: false })
  const { promise, resolve } = Promise.withResolvers<StreamOutcome>()
  let silence: NodeJS.Timeout | undefined
  let isOpen = false

  const finish = (outcome: StreamOutcome) => {
    clearTimeout(silence)
    silence = undefined
    resolve(outcome)
    request.destroy()
  }
  const lose = (reason: string) => finish({ type: isOpen ? 'ended' : 'try-again', reason })

  request.once('error', (error) => lose(error.message))
  request.once('response', (response) => {
    const status = response.statusCode ?? 0
    if (status === 200) {
      isOpen = true
      options.onOpen(response.headers)
      readEvents(response, { ...options, lose, onChunk: () => silence?.refresh() })
    } else if (status >= 300 && status < 400) {
      finish(redirection(response, endpoint.url))
    } else {
      readText(response).then(
        (text) => finish(refusal(status, text)),
        (error: unknown) => lose(String(error)),
      )
    }
  })

  return {
    outcome: promise,
    setSilenceMax(ms) {
      clearTimeout(silence)
      silence = ms > 0 ? setTimeout(() => lose(`nothing arrived for ${ms} ms`), ms) : undefined
    },
    close: lose,
  }
}

type ReadOptions<Event> = Pick<EventStreamOptions<Event>, 'decode' | 'onEvent'> & {
  readonly lose: (reason: string) => void
  readonly onChunk: () => void
}

function readEvents<Event>(response: http.IncomingMessage, options: ReadOptions<Event>): void {
  const { decode, onEvent, onChunk, lose } = options
  const records = createRecordIoDecoder(RECORD_BYTES_MAX)
  const decodeChunk = (chunk: Uint8Array): Event[] | undefined => {
    try {
      return records.push(chunk).map(decode)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      lose(error.message)
      return undefined
    }
  }
  response.on('data', (chunk: Uint8Array) => {
    if (response.destroyed) return
    onChunk()
    for (const event of decodeChunk(chunk) ?? []) {
      onEvent(event)
      // The handler may have closed the stream.
      if (response.destroyed) return
    }
  })
  response.once('end', () => lose('the stream ended'))
  response.once('error', (error) => lose(error.message))
  response.once('close', () => lose('the connection closed'))
}
