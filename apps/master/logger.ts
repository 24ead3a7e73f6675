import type { Note } from '@thermosphere/master-core'
import { createLogger } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import type { Config } from './config.ts'

export const createMasterLogger = (config: Pick<Config, 'logging_level' | 'log_file'>): Logger =>
  createLogger({ name: 'master', level: config.logging_level, file: config.log_file })

/** What happens to every task is for developers; the rest tells an operator the story. */
const frequent = new Set(['task.launched', 'task.updated', 'task-group.launched'])

/** The core's notes, as log lines. */
export const createNoteLog =
  (logger: Logger) =>
  ({ event, fields }: Note): void => {
    if (frequent.has(event)) logger.debug(fields, event)
    else logger.info(fields, event)
  }
