/** Chronos: runs jobs on a Mesos cluster. */
import { createLogger, runService } from '@thermosphere/service-kit'
import { readConfig } from './config.ts'
import { startChronos } from './start-chronos.ts'

const config = readConfig()

await runService('chronos', async (lifecycle) => {
  const logger = createLogger({ name: 'chronos', level: config.logging_level, file: config.log_file })
  lifecycle.useLogger(logger)
  await startChronos(config, logger, lifecycle)
})
