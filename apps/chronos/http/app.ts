/** The HTTP API of Chronos, both generations, and what ours adds to it. */
import type { HttpAppOptions } from '@thermosphere/service-kit'
import { createHttpApp, errorMiddleware, EventStream, notFoundMiddleware } from '@thermosphere/service-kit'
import type { Metrics } from '@thermosphere/service-kit'
import type { Express, RequestHandler } from 'express'
import type { Chronos } from '../shell/chronos.ts'
import { formatError } from './dialect.ts'
import { readRoutes } from './read-routes.ts'
import { writeRoutes } from './write-routes.ts'

export type ApiOptions = Omit<HttpAppOptions, 'metrics'> & {
  readonly chronos: Chronos
  readonly registry: Metrics
  readonly observer: NonNullable<HttpAppOptions['metrics']>
  readonly leader: string
  readonly version: string
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

/** The shape of the original's metrics endpoint; clients look at `version` and `gauges`. */
function metricsView(values: Readonly<Record<string, number>>): object {
  const gauges = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
  return { version: '3.0.0', gauges, counters: {}, histograms: {}, meters: {}, timers: {} }
}

function addEvents(app: Express, chronos: Chronos): void {
  app.get(['/v1/events', '/v1/scheduler/events'], (_request, response) => {
    const stream: EventStream = new EventStream(response, { onEnd: () => chronos.unfollow(stream) })
    chronos.follow(stream)
  })
}

export function createChronosApp(options: ApiOptions): Express {
  const { chronos, registry, leader, logger } = options
  const app = createHttpApp({ logger, metrics: options.observer })
  app.use(cors)
  app.get('/ping', (_request, response) => void response.type('text/plain').send('pong\n'))
  app.get('/metrics', (_request, response) => void response.json(metricsView(registry.snapshot())))
  app.get('/metrics/prometheus', async (_request, response) => {
    const text = await registry.prometheus()
    response.setHeader('Content-Type', registry.prometheusContentType)
    response.end(text)
  })
  app.get('/leader', (_request, response) => void response.json({ leader }))
  app.get('/v1/info', (_request, response) => {
    const { frameworkId } = chronos.state
    response.json({ version: options.version, leader, frameworkId, connected: chronos.isConnected })
  })
  addEvents(app, chronos)
  for (const prefix of ['/scheduler', '/v1/scheduler']) {
    app.use(prefix, readRoutes(chronos, { leader }))
    app.use(prefix, writeRoutes(chronos))
  }
  app.use(notFoundMiddleware())
  app.use(errorMiddleware({ logger, format: formatError }))
  return app
}
