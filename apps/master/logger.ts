import type { Note } from '@thermosphere/master-core'
import { createLogger, logFileOf } from '@thermosphere/service-kit'
import type { LogConfig, Logger } from '@thermosphere/service-kit'
import type { Config } from './config.ts'

export const createMasterLogger = (config: Pick<Config, 'logging_level'> & LogConfig): Logger =>
  createLogger({ name: 'master', level: config.logging_level, file: logFileOf(config, 'mesos-master') })

/** What happens to every task is for developers; the rest tells an operator the story. */
const frequent = new Set(['task.launched', 'task.updated', 'task-group.launched'])

/** The core's notes, as log lines. */
export const createNoteLog =
  (logger: Logger) =>
  ({ event, fields }: Note): void => {
    if (frequent.has(event)) logger.debug(fields, event)
    else logger.info(fields, event)
  }
