/** Why a call did not reach its server, or was refused by it. */
export type CallErrorCode = 'NOT_SUBSCRIBED' | 'CALL_REFUSED' | 'CALL_UNDELIVERED'

/**
 * A call that failed. NOT_SUBSCRIBED: there is no subscription, nothing was sent. CALL_REFUSED: the server answered
 * with `status` and a text. CALL_UNDELIVERED: the connection failed; whether the call was handled is not known.
 */
export class CallError extends Error {
  readonly code: CallErrorCode
  readonly status: number | undefined
  constructor(
    code: CallErrorCode,
    message: string,
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'CallError'
    this.code = code
    this.status = options.status
  }
}
