/** Marathon's operational failures. Codes and exit statuses are stable and never reused. */
export type MarathonErrorCode = 'MARATHON_FRAMEWORK_REFUSED' | 'MARATHON_FRAMEWORK_ID_MISSING'

/** Exit statuses of the original. */
export const exitCodes = {
  leadershipEnded: 105,
  schedulerError: 106,
  frameworkIdMissing: 108,
  frameworkRemoved: 110,
  addressInUse: 111,
  invalidFlag: 112,
} as const

export class MarathonError extends Error {
  readonly code: MarathonErrorCode
  readonly retryable: boolean

  constructor(
    code: MarathonErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'MarathonError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** Mesos does not want this framework any more. */
export class FrameworkRefused extends MarathonError {
  constructor(message: string) {
    super('MARATHON_FRAMEWORK_REFUSED', message)
    this.name = 'FrameworkRefused'
  }

  get exitCode(): number {
    return /removed/i.test(this.message) ? exitCodes.frameworkRemoved : exitCodes.schedulerError
  }
}
