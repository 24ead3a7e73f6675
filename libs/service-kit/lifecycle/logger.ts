import pino from 'pino'
import type { Logger } from 'pino'

export type { Logger } from 'pino'

/** Members that never reach a log, at the top and one and two levels down. */
const SECRET_NAMES = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'privateKey',
]
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

const LEVELS: Readonly<Record<string, string>> = { warning: 'warn', info: 'info', error: 'error' }

export type LoggerOptions = {
  /** Who speaks: `master`, `agent`. */
  readonly name: string
  /** pino's levels and Mesos' INFO, WARNING, ERROR. */
  readonly level: string
  /** Appended to; standard error without it. */
  readonly file?: string | undefined
}

/** A pino logger whose lines are `{level, time, name, msg: event, ...fields}` with secrets redacted. */
export function createLogger({ name, level, file }: LoggerOptions): Logger {
  // Synchronous: the last lines before a crash are the ones that matter.
  const destination = pino.destination({ dest: file ?? 2, sync: true, mkdir: file !== undefined })
  // A full disk or a closed pipe must not end the service; the lines are lost, the state is not.
  destination.on('error', () => undefined)
  return pino(
    {
      name,
      level: LEVELS[level.toLowerCase()] ?? level.toLowerCase(),
      redact: { paths: REDACTED, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}
