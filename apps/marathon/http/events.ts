/** `/v2/events`: server-sent events with Marathon's framing. */
import { formatTimestamp } from '@thermosphere/marathon-core'
import type { MarathonEvent } from '@thermosphere/marathon-core'
import { HttpError, StreamWriter } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { eventBytesAverage, eventHeartbeatMs, eventStreamsMax } from '../limits.ts'
import { byMethod } from './answer.ts'
import type { HttpContext } from './context.ts'
import { listOf } from './request.ts'

export class EventStreams {
  readonly #context: HttpContext
  readonly #open = new Set<StreamWriter>()

  constructor(context: HttpContext) {
    this.#context = context
  }

  route(): RequestHandler {
    return byMethod({ GET: (request, response) => this.#attach(request, response) })
  }

  close(): void {
    for (const stream of this.#open) stream.close()
  }

  #attach(request: Request, response: Response): void {
    const accept = request.headers.accept
    if (accept !== undefined && !/text\/event-stream|\*\/\*/.test(accept))
      throw new HttpError(405, 'Method Not Allowed')
    if (this.#open.size >= eventStreamsMax)
      throw new HttpError(503, `more than ${eventStreamsMax} event streams are open`)
    const types = new Set(listOf(request, 'event_type'))
    const remoteAddress = request.ip ?? ''
    const { config, shell } = this.#context
    let stopListening = (): void => undefined
    const stream = new StreamWriter(response, {
      contentType: 'text/event-stream;charset=utf-8',
      headers: { Connection: 'close' },
      bufferBytesMax: config.event_stream_max_outstanding_messages * eventBytesAverage,
      heartbeat: () => '\r\n',
      heartbeatMs: eventHeartbeatMs,
      heartbeatAlways: true,
      onEnd: () => {
        stopListening()
        this.#open.delete(stream)
        shell.announce(attachment('event_stream_detached', remoteAddress))
      },
    })
    this.#open.add(stream)
    stopListening = shell.listen((event) => {
      if (types.size === 0 || types.has(event.eventType)) stream.write(encode(event))
    })
    shell.announce(attachment('event_stream_attached', remoteAddress))
  }
}

function attachment(eventType: string, remoteAddress: string): MarathonEvent {
  return { eventType, data: { remoteAddress, eventType, timestamp: formatTimestamp(Date.now()) } }
}

function encode({ eventType, data }: MarathonEvent): string {
  return `event: ${eventType}\r\ndata: ${JSON.stringify(data)}\r\n\r\n`
}
