/** Why a master does not want a framework (any more), and what its author can do. */
import { FrameworkError } from '../errors.ts'

export function fatalError(message: string): FrameworkError {
  if (/^401\b/.test(message))
    return new FrameworkError(
      'UNAUTHENTICATED',
      `the master did not accept the login (${message}): give a \`credential\` that its --credentials file has`,
    )
  if (/framework has been removed/i.test(message))
    return new FrameworkError(
      'REMOVED',
      `the framework was torn down, or away for longer than failoverTimeoutMs (${message}): its tasks have ended; ` +
        '`clear` its id store and start anew',
    )
  if (/framework failed over/i.test(message))
    return new FrameworkError(
      'FAILED_OVER',
      `another instance subscribed with the same id (${message}): that one has the tasks now; end this one`,
    )
  return new FrameworkError('REFUSED', `the master refused the framework: ${message}; change its options accordingly`)
}
