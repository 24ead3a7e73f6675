/** What goes wrong, why, and the way out. Each class has a `code` that programs can rely on. */
import type { mesos } from '@thermosphere/protocol'

export type FrameworkErrorCode =
  /** The master wants a login, or another one. */
  | 'UNAUTHENTICATED'
  /** The master does not accept the framework as it describes itself. */
  | 'REFUSED'
  /** Torn down, or away for longer than its failover timeout: its id is of no use any more. */
  | 'REMOVED'
  /** Another instance has subscribed with the same id. */
  | 'FAILED_OVER'
  /** The id store cannot be read or written. */
  | 'ID_STORE_FAILED'
  /** The author's `onUpdate` rejected; the update is not acknowledged and comes again. */
  | 'UPDATE_HANDLER_FAILED'
  /** The master refused a call that nobody awaits, as a decline. */
  | 'CALL_REFUSED'
  /** `close` was called. */
  | 'CLOSED'
  /** `teardown` was called. */
  | 'TORN_DOWN'
  /** No master took the teardown in time. */
  | 'TEARDOWN_UNDELIVERED'

export class FrameworkError extends Error {
  readonly code: FrameworkErrorCode
  constructor(code: FrameworkErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'FrameworkError'
    this.code = code
  }
}

export type OfferErrorCode =
  /** The author has accepted or declined it before. */
  | 'OFFER_ANSWERED'
  /** The tasks need more than is left of it. */
  | 'OFFER_TOO_SMALL'
  /** The master refused the call; nothing was launched. */
  | 'ACCEPT_REFUSED'

export class OfferError extends Error {
  readonly code: OfferErrorCode
  readonly offerId: string
  constructor(code: OfferErrorCode, message: string, options: { readonly offerId: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'OfferError'
    this.code = code
    this.offerId = options.offerId
  }
}

/** A task ended otherwise than was waited for. */
export class TaskError extends Error {
  readonly code = 'TASK_ENDED'
  readonly taskId: string
  /** The state that it ended in, with its reason and message. */
  readonly status: mesos.TaskStatus
  constructor(status: mesos.TaskStatus) {
    const { task_id, state, reason, message } = status
    const why = [reason, message].filter((text) => text !== undefined && text !== '').join(': ')
    super(`task ${task_id.value} ended as ${state}${why === '' ? '' : ` (${why})`}`)
    this.name = 'TaskError'
    this.taskId = task_id.value
    this.status = status
  }
}

export type ExecutorErrorCode =
  /** Variables that an agent sets are missing or not understood. */
  | 'ENVIRONMENT_INVALID'
  /** The agent sent an ERROR event. */
  | 'AGENT_ERROR'

export class ExecutorError extends Error {
  readonly code: ExecutorErrorCode
  constructor(code: ExecutorErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'ExecutorError'
    this.code = code
  }
}
