import { createLogger } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import type { Config } from './config.ts'

/** The loggers of one Marathon. */
export type Loggers = {
  readonly log: Logger
  /** The connection to the master. */
  readonly mesos: Logger
  readonly http: Logger
}

export const createMarathonLogger = (config: Pick<Config, 'logging_level' | 'log_file'>): Logger =>
  createLogger({ name: 'marathon', level: config.logging_level, file: config.log_file })

export const loggersOf = (log: Logger): Loggers => ({
  log,
  mesos: log.child({ part: 'mesos' }),
  http: log.child({ part: 'http' }),
})
