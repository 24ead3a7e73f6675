/** A request that ends with this status and this sentence for the client. */
export class HttpError extends Error {
  readonly status: number
  /** Stable, documented; for programs. */
  readonly code: string | undefined
  /** Further members of the answer, e.g. Marathon's `details`. */
  readonly details: unknown
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'HttpError'
    this.status = status
    this.code = options.code
    this.details = options.details
    this.headers = options.headers ?? {}
  }
}

export type HttpErrorOptions = {
  readonly code?: string
  readonly details?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}
