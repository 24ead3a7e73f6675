import { createLogger, runService } from '@thermosphere/service-kit'
import { readConfig } from './config.ts'
import { log, useLogger } from './logger.ts'
import { startMarathon } from './marathon.ts'

const config = readConfig()

await runService('marathon', async (lifecycle) => {
  useLogger(createLogger({ name: 'marathon', level: config.logging_level, file: config.log_file }))
  lifecycle.useLogger(log)
  await startMarathon(config, lifecycle)
})
