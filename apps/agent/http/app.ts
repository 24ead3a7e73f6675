import { createHttpApp, errorMiddleware, notFoundMiddleware, textErrors } from '@thermosphere/service-kit'
import type { Express, NextFunction, Request, Response } from 'express'
import { admission } from './access/admission.ts'
import { helpRoutes } from './classic/help.ts'
import { classicRoutes } from './classic/routes.ts'
import type { HttpContext } from './context.ts'
import { executorRoute } from './executor/executor-route.ts'
import { fileRoutes } from './files/routes.ts'
import { operatorRoute } from './operator/operator-route.ts'

/** All of the agent's HTTP: classic endpoints, files, operator API and executor API. */
export function createAgentApp(context: HttpContext): Express {
  const app = createHttpApp({ logger: context.logger })
  app.use(plainPaths)
  app.use(admission(context))
  app.use(executorRoute(context))
  app.use(operatorRoute(context))
  app.use(fileRoutes(context))
  app.use(classicRoutes(context))
  app.use(helpRoutes())
  app.use(notFoundMiddleware(() => '404 Not Found.'))
  app.use(errorMiddleware({ logger: context.logger, format: textErrors }))
  return app
}

const OWN_NAME = /^\/(slave|agent)(\(1\)|%281%29)?(?=\/)/i

/** `/slave(1)/state` and `/state` are the same; a trailing slash means nothing. */
function plainPaths(request: Request, _response: Response, next: NextFunction): void {
  const [path = '', ...query] = request.url.split('?')
  const plain = path.replace(OWN_NAME, '').replace(/(?<=.)\/+$/, '')
  request.url = [plain, ...query].join('?')
  next()
}
