import type { IncomingMessage, ServerResponse } from 'node:http'
import { plainStatus, sendText } from './answers.ts'
import type { Exchange, Handler } from './answers.ts'
import { answerAsStandby, NotLeading } from './standby.ts'
import { ownEndpoints, processEndpoints, readEndpoints } from './classic/read-endpoints.ts'
import { writeEndpoints } from './classic/write-endpoints.ts'
import type { MasterContext } from './context.ts'
import { filesEndpoints } from './files/files-endpoints.ts'
import { operatorApi } from './operator/operator-api.ts'
import { schedulerApi } from './scheduler/scheduler-api.ts'

type Routes = ReadonlyMap<string, Handler>

/** The route with the longest matching prefix: `/api/v1/operator` reaches `/api/v1`. */
function longest(routes: Routes, path: string): Handler | undefined {
  for (let prefix = path; prefix !== ''; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    const handler = routes.get(prefix)
    if (handler) return handler
  }
  return undefined
}

/**
 * Answers every request of the port. `/x` and `/master/x` are the same. Leadership is looked at before anything of the
 * request, and again when it was lost while the request was under way.
 */
export function createRouter(
  context: MasterContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const processRoutes: Routes = new Map(
    Object.entries({ ...processEndpoints(context), ...filesEndpoints(context.files) }),
  )
  const masterRoutes: Routes = new Map(
    Object.entries({
      '/api/v1/scheduler': schedulerApi(context),
      '/api/v1': operatorApi(context),
      ...readEndpoints(context),
      ...writeEndpoints(context),
    }),
  )
  const ownRoutes: Routes = new Map(Object.entries(ownEndpoints(context)))
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://master')
    const path = pathOf(request.url ?? '/')
    if (path === undefined) return sendText(response, 404, plainStatus(404))
    const own = path.startsWith('/master/') ? path.slice('/master'.length) : path
    const exchange = { request, response, path: own, query: url.searchParams }
    const ofProcess = longest(processRoutes, path) ?? ownRoutes.get(own)
    if (ofProcess) return ofProcess(exchange)
    const handler = longest(masterRoutes, own)
    if (!handler) return sendText(response, 404, plainStatus(404))
    await answerAsLeader(context, handler, exchange)
  }
}

async function answerAsLeader(context: MasterContext, handler: Handler, exchange: Exchange): Promise<void> {
  const target = exchange.request.url ?? '/'
  const leading = context.leading()
  if (leading.state !== 'here') return answerAsStandby(exchange, leading, target)
  try {
    await handler(exchange)
  } catch (error) {
    if (!(error instanceof NotLeading)) throw error
    answerAsStandby(exchange, context.leading(), target)
  }
}

/** The decoded path without a trailing slash; undefined if it cannot be one of ours. */
function pathOf(url: string): string | undefined {
  const raw = url.split('?', 1)[0] ?? ''
  try {
    const path = decodeURIComponent(raw).replace(/\/+$/, '')
    return path.includes('/..') ? undefined : path
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
