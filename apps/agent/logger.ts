import { createLogger, logFileOf } from '@thermosphere/service-kit'
import type { LogConfig, Logger } from '@thermosphere/service-kit'
import type { Config } from './config.ts'

/** The loggers of one agent. */
export type Loggers = {
  readonly log: Logger
  /** The stream to the master. */
  readonly link: Logger
  readonly containers: Logger
}

export const createAgentLogger = (config: Pick<Config, 'logging_level'> & LogConfig): Logger =>
  createLogger({ name: 'agent', level: config.logging_level, file: logFileOf(config, 'mesos-agent') })

export const loggersOf = (log: Logger): Loggers => ({
  log,
  link: log.child({ part: 'link' }),
  containers: log.child({ part: 'containers' }),
})
