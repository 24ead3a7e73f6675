/** The gateway: one address for the dashboard, the frameworks, the master and every agent. */
import {
  Background,
  createLogger,
  createMetrics,
  createRequestObserver,
  listen,
  runService,
} from '@thermosphere/service-kit'
import { Agents } from './cluster/agents.ts'
import { CapacityHistory } from './cluster/capacity.ts'
import { describeCluster } from './cluster/describe.ts'
import { Leader } from './cluster/leader.ts'
import { readOwnLogins } from './cluster/own-logins.ts'
import { Replicas } from './cluster/replicas.ts'
import { readConfig, version } from './config.ts'
import { createGatewayApp } from './http/routes.ts'
import { Proxy } from './proxy/proxy.ts'

const config = readConfig()

await runService('gateway', async (lifecycle) => {
  const logger = createLogger({ name: 'gateway', level: config.logging_level, file: config.log_file })
  lifecycle.useLogger(logger)
  const metrics = createMetrics()
  const background = new Background((name, err) => lifecycle.fatal(new Error(`${name} failed`, { cause: err })))
  const logins = readOwnLogins(config, logger)
  const leader = new Leader(config.master, logins.masters)
  const capacity = new CapacityHistory(leader)
  capacity.start(background, lifecycle.signal)
  const proxy = new Proxy()
  lifecycle.defer('proxy', () => proxy.close())
  const services = {
    marathon: { name: 'Marathon', replicas: new Replicas(config.marathon) },
    chronos: { name: 'Chronos', replicas: new Replicas(config.chronos) },
  }
  const app = createGatewayApp({
    logger,
    metrics: createRequestObserver(metrics, 'gateway'),
    proxy,
    leader,
    agents: new Agents(leader),
    capacity,
    services,
    logins,
    dashboard: config.dashboard,
    describeCluster: () => describeCluster({ leader, services, version }),
    prometheus: async () => ({ contentType: metrics.prometheusContentType, text: await metrics.prometheus() }),
  })
  const { ip, port, insecure } = config
  // Bodies are passed on as they come; each server bounds its own, and the input of a session has no end of its own.
  const limits = { requestTimeoutMs: 0 }
  const server = await listen({ target: app, ip, port, insecure, authenticated: false, limits })
  lifecycle.defer('http', () => server.close())
  logger.info({ ip, port: server.port }, 'gateway.listening')
})
