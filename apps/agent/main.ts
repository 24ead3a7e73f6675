import { runService } from '@thermosphere/service-kit'
import { startAgent } from './agent.ts'
import { readConfig } from './config.ts'
import { createAgentLogger } from './logger.ts'

const config = readConfig()

await runService('agent', async (lifecycle) => {
  const logger = createAgentLogger(config)
  lifecycle.useLogger(logger)
  const { shell } = await startAgent(config, logger, lifecycle)
  // As in Mesos: leave the cluster, end every task, then exit.
  process.on('SIGUSR1', () => shell.submit({ type: 'shut-down', message: 'received SIGUSR1', unregister: true }))
})
