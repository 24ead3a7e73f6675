/** The front door: which path leads where. */
import type { HttpAppOptions } from '@thermosphere/service-kit'
import { createHttpApp, errorMiddleware, HttpError, notFoundMiddleware } from '@thermosphere/service-kit'
import type { Express, Request, RequestHandler } from 'express'
import type { Agents } from '../cluster/agents.ts'
import type { CapacityHistory } from '../cluster/capacity.ts'
import type { Leader } from '../cluster/leader.ts'
import type { OwnLogins } from '../cluster/own-logins.ts'
import type { Service } from '../cluster/replicas.ts'
import type { Proxy } from '../proxy/proxy.ts'
import { dashboardRoutes } from './dashboard.ts'

export type Parts = HttpAppOptions & {
  readonly proxy: Proxy
  readonly leader: Leader
  readonly agents: Agents
  readonly capacity: CapacityHistory
  readonly services: Readonly<Record<string, Service>>
  /** The `Authorization` that the gateway lends to clients without one; services get none. */
  readonly logins: OwnLogins
  readonly dashboard: string
  readonly describeCluster: () => Promise<unknown>
  readonly prometheus: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/** The request's path and query without `prefix`; at least `/`. */
export function pathUnder(prefix: string, url: string): string {
  const rest = url.slice(prefix.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** A page of another site must not change anything here with the visitor's browser. */
const refuseOtherSites: RequestHandler = (request, _response, next) => {
  const isRead = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
  if (!isRead && request.headers['sec-fetch-site'] === 'cross-site') {
    throw new HttpError(
      403,
      'this request comes from a page of another site; only the dashboard may change the cluster',
    )
  }
  next()
}

const parameter = (request: Request, name: string): string => {
  const value = request.params[name]
  return typeof value === 'string' ? value : ''
}

export function createGatewayApp(parts: Parts): Express {
  const app = createHttpApp(parts)
  app.use(refuseOtherSites)
  app.get('/ping', (_request, response) => void response.type('text/plain').send('pong'))
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await parts.prometheus()
    response.setHeader('Content-Type', contentType)
    response.end(text)
  })
  app.get('/thermosphere/v1/capacity', (_request, response) => void response.json({ samples: parts.capacity.samples }))
  app.get('/thermosphere/v1/cluster', async (_request, response) => void response.json(await parts.describeCluster()))
  addProxyRoutes(app, parts)
  app.use(dashboardRoutes(parts.dashboard))
  app.use(notFoundMiddleware())
  app.use(errorMiddleware({ logger: parts.logger }))
  return app
}

/** A path without its slash, as people type it, is sent to where relative links work. */
const addSlash: RequestHandler = (request, response, next) => {
  const [path = '', query] = request.originalUrl.split('?', 2)
  if (path.endsWith('/') || request.url.replace(/\?.*/, '') !== '/') return next()
  response.redirect(301, `${path}/${query === undefined ? '' : `?${query}`}`)
}

function addProxyRoutes(app: Express, { proxy, leader, agents, services, logins }: Parts): void {
  const masters = {
    urls: async () => [await leader.url()],
    found: (url: string) => leader.found(url),
    failed: () => leader.forget(),
  }
  const master = proxy.handler((request) => ({
    prefix: '/mesos',
    upstreams: masters,
    path: pathUnder('/mesos', request.originalUrl),
    name: 'the master',
    authorization: logins.masters,
  }))
  app.use('/mesos', addSlash, master)
  for (const word of ['agent', 'slave']) {
    const agent = proxy.handler((request) => {
      const id = parameter(request, 'id')
      const prefix = `/${word}/${id}`
      return {
        prefix,
        upstreams: { urls: async () => [await agents.urlOf(id)] },
        path: pathUnder(prefix, request.originalUrl),
        name: 'the agent',
        authorization: logins.agents,
      }
    })
    app.use(`/${word}/:id`, agent)
  }
  app.use('/service/:name', addSlash, (request, response, next) => {
    const name = parameter(request, 'name')
    const service = services[name]
    if (service === undefined) throw new HttpError(404, '404 Not Found: service not found.')
    const prefix = `/service/${name}`
    const path = pathUnder(prefix, request.originalUrl)
    const route = { prefix, upstreams: service.replicas, path, name: service.name }
    return proxy.handler(() => route)(request, response, next)
  })
  // DC/OS: 307 keeps method and body.
  app.use('/marathon', (request, response) => response.redirect(307, `/service${request.originalUrl}`))
}
