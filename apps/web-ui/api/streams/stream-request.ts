import { errorMessage } from '@thermosphere/effects'
import { ApiError, openStream } from '../http.ts'
import { RecordDecoder } from './record-decoder.ts'
import { SseDecoder } from './sse-decoder.ts'

/** A long-lived stream of the cluster: where it is and how its items are framed. */
export type StreamRequest = { url: string; framing: 'records' | 'events'; body?: unknown }

/** A record, or a server-sent event. */
export type StreamItem = { type: string; data: string }

/** How a stream ended: with what the server said, when it was refused. */
export type StreamEnd = { status: number; message: string }

/** One batch for each chunk of the network; an empty one is a sign of life. */
export async function readStream(
  request: StreamRequest,
  signal: AbortSignal,
  on: { open: () => void; items: (items: StreamItem[]) => void },
): Promise<void> {
  const body = await openStream(request.url, {
    method: request.body === undefined ? 'GET' : 'POST',
    headers: { accept: request.framing === 'events' ? 'text/event-stream' : 'application/json' },
    body: request.body,
    signal,
  })
  on.open()
  const decode = decoderOf(request.framing)
  for await (const chunk of body) on.items(decode(chunk))
}

function decoderOf(framing: StreamRequest['framing']): (chunk: Uint8Array) => StreamItem[] {
  if (framing === 'records') {
    const records = new RecordDecoder()
    return (chunk) => records.push(chunk).map((data) => ({ type: 'record', data }))
  }
  const events = new SseDecoder()
  const text = new TextDecoder()
  return (chunk) => events.push(text.decode(chunk, { stream: true }))
}

export const endOf = (error: unknown): StreamEnd => ({
  status: error instanceof ApiError ? error.status : 0,
  message: errorMessage(error),
})
