import { runService } from '@thermosphere/service-kit'
import { mesosVersion, readConfig } from './config.ts'
import { createMasterLogger } from './logger.ts'
import { startMaster } from './start-master.ts'

await runService('master', async (lifecycle) => {
  const config = readConfig(mesosVersion)
  const logger = createMasterLogger(config)
  lifecycle.useLogger(logger)
  await startMaster(config, logger, lifecycle)
})
