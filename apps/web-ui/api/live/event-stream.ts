import type { ServerSentEvent, SseDecoder } from '../sse.ts'

/** Reads server-sent events to the end of the stream; every chunk, heartbeats included, proves it alive. */
export async function followEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  decoder: SseDecoder,
  heard: () => void,
  onEvent: (event: ServerSentEvent) => void,
): Promise<void> {
  const text = body.pipeThrough(new TextDecoderStream())
  for await (const piece of text) {
    heard()
    for (const event of decoder.push(piece)) onEvent(event)
  }
}
