/** Codes are stable; a new cause gets a new code. */
import { errnoOf, errorMessage } from '@thermosphere/effects'

export type IsolationErrorCode =
  | 'NOT_ROOT'
  | 'CGROUPS_UNAVAILABLE'
  | 'NAMESPACES_UNAVAILABLE'
  | 'USER_UNKNOWN'
  | 'SANDBOX_MISSING'
  | 'SANDBOX_FORBIDDEN'
  | 'NO_SPACE'
  | 'TOO_MANY_PROCESSES'
  | 'OUT_OF_MEMORY'
  | 'COMMAND_INVALID'
  | 'MOUNT_FAILED'
  | 'RLIMIT_INVALID'
  | 'CONTAINER_EXISTS'
  | 'CONTAINER_UNKNOWN'
  | 'LAUNCH_ABORTED'
  | 'LAUNCH_FAILED'
  | 'UNSUPPORTED'
  | 'RECORD_INVALID'
  | 'DOCKER_UNREACHABLE'
  | 'DOCKER_IMAGE_MISSING'
  | 'DOCKER_PARAMETER_INVALID'
  | 'DOCKER_PORT_TAKEN'
  | 'DOCKER_REFUSED'

/** An operational failure of a containerizer. The message says what, why, and what to do. */
export class IsolationError extends Error {
  readonly code: IsolationErrorCode
  readonly retryable: boolean
  constructor(
    code: IsolationErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'IsolationError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, readonly [IsolationErrorCode, string, boolean]>> = {
  ENOSPC: ['NO_SPACE', 'the disk is full; free space under the work and runtime directories', true],
  EDQUOT: ['NO_SPACE', 'the disk quota is used up; free space or raise the quota', true],
  EAGAIN: ['TOO_MANY_PROCESSES', 'no more processes may be started; raise the limit (ulimit -u, pids.max)', true],
  EMFILE: ['TOO_MANY_PROCESSES', 'no more files may be opened; raise the limit (ulimit -n)', true],
  ENOMEM: ['OUT_OF_MEMORY', 'the host has no memory left to start a process', true],
  EACCES: ['SANDBOX_FORBIDDEN', 'permission denied; check the owner and mode of the directory', false],
  EPERM: ['NOT_ROOT', 'the agent lacks the right; run it as root', false],
  E2BIG: ['COMMAND_INVALID', 'command and environment together are too long for the kernel', false],
  EROFS: ['SANDBOX_FORBIDDEN', 'the file system is mounted read-only', false],
}

/** Turns a failed system call into an IsolationError that begins with `what`; passes IsolationErrors through. */
export function asIsolationError(error: unknown, what: string): IsolationError {
  if (error instanceof IsolationError) return error
  const known = SYSTEM_ERRORS[errnoOf(error) ?? '']
  const reason = errorMessage(error)
  if (known === undefined) return new IsolationError('LAUNCH_FAILED', `${what}: ${reason}`, { cause: error })
  const [code, advice, retryable] = known
  return new IsolationError(code, `${what}: ${advice} (${reason})`, { cause: error, retryable })
}
