/** The Docker engine's refusals in the words and codes of this package. */
import { errnoOf, errorMessage } from '@thermosphere/effects'
import { IsolationError } from '../errors.ts'
import type { IsolationErrorCode } from '../errors.ts'

/** HTTP status of a refusal, if `error` is one. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : undefined
}

function engineMessage(error: unknown): string {
  const json: unknown = error instanceof Error && 'json' in error ? error.json : undefined
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string')
    return json.message
  return errorMessage(error)
}

const TELLING: readonly (readonly [RegExp, IsolationErrorCode, string])[] = [
  [/no space left on device/i, 'NO_SPACE', 'the disk of the Docker engine is full; free space (docker system prune)'],
  [/port is already allocated|address already in use/i, 'DOCKER_PORT_TAKEN', 'another process listens on a host port'],
  [/no such image|manifest unknown|not found: manifest/i, 'DOCKER_IMAGE_MISSING', 'the image is not there'],
  [/is already in use by container/i, 'CONTAINER_EXISTS', 'an earlier container of that name was not removed'],
]

/** What the socket of an engine that is not there, stops, or is not ours fails with. */
const SOCKET_FAILURES = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EACCES', 'EPERM', 'EPIPE', 'ENOTSOCK', 'ETIMEDOUT']

function unreachable(error: unknown, what: string, socketPath: string): IsolationError | undefined {
  const code = errnoOf(error)
  const advice =
    code === 'EACCES' || code === 'EPERM'
      ? 'the agent may not use the socket; run it as root or in the group docker'
      : 'start the engine (dockerd), or name its socket with --docker_socket'
  if (statusOf(error) !== undefined || code === undefined || !SOCKET_FAILURES.includes(code)) return undefined
  const message = `${what}: the Docker engine is not reachable at ${socketPath} (${code}); ${advice}`
  return new IsolationError('DOCKER_UNREACHABLE', message, { cause: error, retryable: true })
}

/** Any failure of a request to the engine; passes IsolationErrors through. */
export function asEngineError(error: unknown, what: string, socketPath: string): IsolationError {
  if (error instanceof IsolationError) return error
  const gone = unreachable(error, what, socketPath)
  if (gone !== undefined) return gone
  const message = engineMessage(error)
  const [, code, advice] = TELLING.find(([pattern]) => pattern.test(message)) ?? []
  if (code !== undefined) return new IsolationError(code, `${what}: ${advice ?? ''} (${message})`, { cause: error })
  return new IsolationError('DOCKER_REFUSED', `${what}: ${message}`, { cause: error })
}
