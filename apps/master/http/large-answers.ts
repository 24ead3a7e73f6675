import type { Rendering } from '@thermosphere/master-core'
import type { MediaType } from '@thermosphere/protocol'
import { sendLarge } from '@thermosphere/service-kit'
import type { Exchange } from './answers.ts'
import type { MasterContext } from './context.ts'

type Context = Pick<MasterContext, 'onSlowReader'>

/** A v1 answer that grows with the cluster. */
export function sendLargeEncoded(
  { onSlowReader }: Context,
  { request, response }: Exchange,
  { encoding, rendering }: { readonly encoding: MediaType; readonly rendering: Rendering },
): Promise<void> {
  return sendLarge(request, response, { contentType: encoding, rendering, onSlow: onSlowReader })
}

/** Like `sendJson`, for an answer that grows with the cluster. */
export function sendLargeJson({ onSlowReader }: Context, exchange: Exchange, rendering: Rendering): Promise<void> {
  const callback = exchange.query.get('jsonp')
  const contentType = callback === null ? 'application/json' : 'text/javascript'
  return sendLarge(exchange.request, exchange.response, {
    contentType,
    rendering: callback === null ? rendering : wrapped(callback, rendering),
    onSlow: onSlowReader,
  })
}

function* wrapped(callback: string, rendering: Rendering): Rendering {
  yield Buffer.from(`${callback}(`)
  yield* rendering
  yield Buffer.from(');')
}
