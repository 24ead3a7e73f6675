import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { observeRequest, toHttpError } from './app.ts'
import type { HttpAppOptions } from './app.ts'

export type BareHandle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * What an app does around a route, without Express and packing, which take longer than the route where requests come by
 * the thousand: an id, the log, the metrics, and an error told as its sentence.
 */
export function createBareHandler(options: HttpAppOptions, handle: BareHandle): RequestListener {
  return (request, response) => {
    const requestId = observeRequest(request, response, options)
    handle(request, response).catch((thrown: unknown) => {
      const error = toHttpError(thrown)
      const { method, url } = request
      if (error.status >= 500) options.logger.error({ err: thrown, requestId, method, url }, 'http.request.failed')
      tell(error, request, response)
    })
  }
}

function tell(
  { status, message, headers }: ReturnType<typeof toHttpError>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = Buffer.from(message)
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    // A body that was not read to its end leaves the connection unusable for the next request.
    ...(!request.complete && { Connection: 'close' }),
  })
  response.end(body)
}
