/** The service cannot start, and the message is the one sentence that the operator needs. */
export class StartupError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StartupError'
  }
}

/** One clear sentence for what an operator can fix; undefined for errors that are ours. */
export function describeStartupError(error: unknown): string | undefined {
  if (error instanceof StartupError) return error.message
  if (!(error instanceof Error)) return undefined
  const known = systemErrorText(error)
  if (known !== undefined) return known
  return isOperational(error) ? error.message : undefined
}

/** Operational errors of ours carry a stable code, `retryable`, and a message for people. */
export const isOperational = (error: unknown): error is Error =>
  error instanceof Error && 'retryable' in error && 'code' in error && typeof error.code === 'string'

function systemErrorText(error: NodeJS.ErrnoException): string | undefined {
  const where = error.path ?? 'a file'
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return `${where} may not be opened by this user (permission denied); change its owner or choose another place`
    case 'ENOSPC':
      return `no space is left on the disk of ${where}; free some and start again`
    case 'EDQUOT':
      return `the disk quota for ${where} is used up; free some space and start again`
    case 'EROFS':
      return `${where} is on a read-only file system; choose another place`
    case 'ENOENT':
      return `${where} does not exist`
    case 'ENOTDIR':
      return `${where} is not a directory`
    case 'EISDIR':
      return `${where} is a directory, but a file is needed`
    case 'EEXIST':
      return `${where} exists already and is not what is needed there`
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; raise the limit (ulimit -n) and start again'
    case 'EADDRINUSE':
      return `an address is in use; stop the other process or choose another port (${error.message})`
    case 'ECONNREFUSED':
      return `nothing answers there (${error.message})`
    default:
      return undefined
  }
}
