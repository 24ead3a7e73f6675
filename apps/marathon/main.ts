import { runService } from '@thermosphere/service-kit'
import { readConfig } from './config.ts'
import { createMarathonLogger } from './logger.ts'
import { startMarathon } from './marathon.ts'

const config = readConfig()

await runService('marathon', async (lifecycle) => {
  const logger = createMarathonLogger(config)
  lifecycle.useLogger(logger)
  await startMarathon(config, logger, lifecycle)
})
