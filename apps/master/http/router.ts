import type { IncomingMessage, ServerResponse } from 'node:http'
import { plainStatus, sendText } from './answers.ts'
import type { Handler } from './answers.ts'
import { readEndpoints, processEndpoints } from './classic/read-endpoints.ts'
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

/** Answers every request of the port. `/x` and `/master/x` are the same. */
export function createRouter(
  context: MasterContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const processRoutes: Routes = new Map(
    Object.entries({ ...processEndpoints(context), ...filesEndpoints(context.files) }),
  )
  const masterRoutes: Routes = new Map(
    Object.entries({
      '/api/v1/scheduler': schedulerApi(context.loop),
      '/api/v1': operatorApi(context),
      ...readEndpoints(context),
      ...writeEndpoints(context),
    }),
  )
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://master')
    const path = pathOf(request.url ?? '/')
    if (path === undefined) return sendText(response, 404, plainStatus(404))
    const own = path.startsWith('/master/') ? path.slice('/master'.length) : path
    const handler = longest(processRoutes, path) ?? longest(masterRoutes, own)
    if (!handler || (own.startsWith('/redirect/') && own !== '/redirect'))
      return sendText(response, 404, plainStatus(404))
    await handler({ request, response, path: own, query: url.searchParams })
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
