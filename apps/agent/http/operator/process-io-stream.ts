import { encodeRecord } from '@thermosphere/protocol'
import type { agent } from '@thermosphere/protocol'
import type { Response } from 'express'
import { LIMITS } from '../../limits.ts'
import type { Attachment, OutputListener } from '../../shell/operators/attachment.ts'
import { encodeAs } from '../media-types.ts'
import { streamHeaders } from './negotiate.ts'
import type { CallMedia } from './negotiate.ts'

type Answer = { readonly response: Response; readonly media: CallMedia['answer'] }

/** Streams what a container says until it has said everything and has ended, or the client goes. */
export function streamOutput(
  attachment: Attachment,
  { response, media }: Answer,
  ended: Promise<unknown> = Promise.resolve(),
): void {
  response.writeHead(200, { ...streamHeaders(media), 'Cache-Control': 'no-cache, no-transform' })
  response.flushHeaders()
  response.socket?.setNoDelay(true)
  const send = (message: agent.ProcessIO): boolean =>
    response.write(encodeRecord(encodeAs(media.message, 'mesos.v1.agent.ProcessIO', message)))
  const heartbeats = setInterval(() => send(heartbeat), LIMITS.sessionHeartbeatMs)
  const close = (): void => {
    clearInterval(heartbeats)
    response.end()
  }
  const listener: OutputListener = {
    write: (type, data) => send({ type: 'DATA', data: { type, data } }),
    end: () => void ended.then(close),
  }
  response.on('drain', () => attachment.drained(listener))
  response.on('close', () => {
    clearInterval(heartbeats)
    attachment.unlisten(listener)
  })
  attachment.listen(listener)
}

const heartbeat: agent.ProcessIO = {
  type: 'CONTROL',
  control: { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds: LIMITS.sessionHeartbeatMs * 1e6 } } },
}
