import type { RequestListener } from 'node:http'

/**
 * What stands behind a port from its first moment: 503 with `message` until `open`. A port must be bound before
 * its parts are there (they announce it), and a request that finds no listener would wait for ever.
 */
export class Gate {
  readonly #message: string
  #behind: RequestListener | undefined

  constructor(message: string) {
    this.#message = message
  }

  readonly handle: RequestListener = (request, response) => {
    if (this.#behind !== undefined) return this.#behind(request, response)
    request.resume()
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' })
    response.end(this.#message)
  }

  open(behind: RequestListener): void {
    this.#behind = behind
  }
}
