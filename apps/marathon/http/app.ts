import { createHttpApp, errorMiddleware, HttpError } from '@thermosphere/service-kit'
import type { Express } from 'express'
import { appsRoute } from './apps.ts'
import { marathonErrors } from './answer.ts'
import type { HttpContext } from './context.ts'
import { deploymentsRoute, queueRoute, tasksRoute } from './deployments.ts'
import { EventStreams } from './events.ts'
import { groupsRoute } from './groups.ts'
import { concurrency, login, marathonHeaders, methods } from './middleware.ts'
import { podsRoute } from './pods.ts'
import { systemRoutes } from './system.ts'

export type MarathonApp = { readonly app: Express; readonly events: EventStreams }

export function createMarathonApp(context: HttpContext): MarathonApp {
  const app = createHttpApp({ logger: context.loggers.http, metrics: context.metrics })
  const events = new EventStreams(context)
  app.use(marathonHeaders(context), login(context), methods(), concurrency(context))
  app.use(systemRoutes(context))
  app.use('/v2/apps', appsRoute(context))
  app.use('/v2/groups', groupsRoute(context))
  app.use('/v2/pods', podsRoute())
  app.use('/v2/deployments', deploymentsRoute(context))
  app.use('/v2/queue', queueRoute(context))
  app.use('/v2/tasks', tasksRoute(context))
  app.use('/v2/events', events.route())
  app.use(() => {
    throw new HttpError(404, 'URI not found')
  })
  app.use(errorMiddleware({ logger: context.loggers.http, format: marathonErrors }))
  return { app, events }
}
