/** The HTTP API of Chronos, both generations, and what ours adds to it. */
import type { HttpAppOptions } from '@thermosphere/service-kit'
import {
  createHttpApp,
  errorMiddleware,
  EventStream,
  notFoundMiddleware,
  parseRequest,
  readJson,
} from '@thermosphere/service-kit'
import type { Metrics } from '@thermosphere/service-kit'
import { Router } from 'express'
import type { Express, RequestHandler } from 'express'
import { z } from 'zod'
import { bodyBytesMax } from '../limits.ts'
import type { Chronos } from '../shell/chronos.ts'
import { refuseOtherMethods } from './allowed-methods.ts'
import { requireCredentials } from './basic-auth.ts'
import type { BasicAuth } from './basic-auth.ts'
import { formatError } from './dialect.ts'
import { metricsView, registerGauges } from './metrics-view.ts'
import { addReadRoutes } from './read-routes.ts'
import { addWriteRoutes } from './write-routes.ts'

export type ApiOptions = Omit<HttpAppOptions, 'metrics'> & {
  readonly chronos: Chronos
  readonly registry: Metrics
  readonly observer: NonNullable<HttpAppOptions['metrics']>
  /** `host:port` of whoever leads. */
  readonly leader: () => string
  readonly version: string
  readonly clusterName?: string | undefined
  readonly basicAuth?: BasicAuth | undefined
}

/** Chronos lets pages of every origin read and write, and answers their preflight. */
const cors: RequestHandler = (request, response, next) => {
  response.setHeader('Access-Control-Allow-Origin', '*')
  if (request.method !== 'OPTIONS') return next()
  response.setHeader('Access-Control-Allow-Methods', 'GET, PUT, POST, DELETE, OPTIONS')
  const asked = request.headers['access-control-request-headers']
  if (asked !== undefined) response.setHeader('Access-Control-Allow-Headers', asked)
  response.status(204).end()
}

const loggingSchema = z.object({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']) })

function addRootRoutes(router: Router, { chronos, registry, leader, version, logger, clusterName }: ApiOptions): void {
  const { state } = chronos
  router.get('/ping', (_request, response) => void response.type('text/plain').send('pong\n'))
  router.get('/metrics', (_request, response) => void response.json(metricsView(registry, state)))
  router.get('/metrics/prometheus', async (_request, response) => {
    const text = await registry.prometheus()
    response.setHeader('Content-Type', registry.prometheusContentType)
    response.end(text)
  })
  router.get('/logging', (_request, response) => void response.json({ level: logger.level }))
  router.put('/logging', async (request, response) => {
    logger.level = parseRequest(loggingSchema, await readJson(request, bodyBytesMax)).level
    response.json({ level: logger.level })
  })
  router.get('/leader', (_request, response) => void response.json({ leader: leader() }))
  router.get('/v1/info', (_request, response) => {
    const { frameworkId } = state
    const { isConnected: connected } = chronos
    response.json({ version, leader: leader(), frameworkId, connected, clusterName })
  })
  router.get(['/v1/events', '/v1/scheduler/events'], (_request, response) => {
    const stream: EventStream = new EventStream(response, { onEnd: () => chronos.unfollow(stream) })
    chronos.follow(stream)
  })
}

export function createChronosApp(options: ApiOptions): Express {
  const { chronos, registry, leader, logger, basicAuth } = options
  registerGauges(registry, chronos.state)
  const app = createHttpApp({ logger, metrics: options.observer })
  app.use(cors)
  if (basicAuth !== undefined) app.use(requireCredentials(basicAuth))
  const root = Router({ caseSensitive: true })
  addRootRoutes(root, options)
  refuseOtherMethods(root)
  app.use(root)
  const scheduler = Router({ caseSensitive: true })
  addReadRoutes(scheduler, chronos, { leader })
  addWriteRoutes(scheduler, chronos)
  refuseOtherMethods(scheduler)
  app.use(['/scheduler', '/v1/scheduler'], scheduler)
  app.use(notFoundMiddleware())
  app.use(errorMiddleware({ logger, format: formatError }))
  return app
}
