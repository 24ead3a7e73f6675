import type { IncomingMessage, ServerResponse } from 'node:http'
import { plainStatus, sendText } from './answers.ts'
import type { Exchange, Handler } from './answers.ts'
import { answerAsStandby, NotLeading } from './standby.ts'
import {
  loggingEndpoints,
  openEndpoints,
  openProcessEndpoints,
  ownEndpoints,
  processEndpoints,
  readEndpoints,
} from './classic/read-endpoints.ts'
import { helpEndpoints, pageEndpoints } from './classic/help.ts'
import { writeEndpoints } from './classic/write-endpoints.ts'
import type { MasterContext } from './context.ts'
import { filesEndpoints } from './files/files-endpoints.ts'
import { admit } from './login/logins.ts'
import type { RealmName } from './login/logins.ts'
import { operatorApi } from './operator/operator-api.ts'
import { schedulerApi } from './scheduler/scheduler-api.ts'

/** `realm` is undefined where nobody has to log in. */
type Route = { readonly handler: Handler; readonly realm: RealmName | undefined }
type Routes = ReadonlyMap<string, Route>

const inRealm = (realm: RealmName | undefined, handlers: Readonly<Record<string, Handler>>): [string, Route][] =>
  Object.entries(handlers).map(([path, handler]) => [path, { handler, realm }])

/** The route with the longest matching prefix: `/api/v1/operator` reaches `/api/v1`. */
function longest(routes: Routes, path: string): Route | undefined {
  for (let prefix = path; prefix !== ''; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    const route = routes.get(prefix)
    if (route) return route
  }
  return undefined
}

/** Routes of the process, of every master, and of the leading one alone. */
export const createRoutes = (context: MasterContext): Record<'process' | 'own' | 'leader', Routes> => ({
  process: new Map([
    ...inRealm(undefined, { ...openProcessEndpoints(context), ...helpEndpoints }),
    ...inRealm('readonly', { ...processEndpoints(context), ...filesEndpoints(context) }),
    ...inRealm('readwrite', loggingEndpoints(context)),
  ]),
  own: new Map([
    ...inRealm(undefined, { ...openEndpoints(context), ...pageEndpoints }),
    ...inRealm('readonly', ownEndpoints(context)),
  ]),
  leader: new Map([
    ...inRealm('scheduler', { '/api/v1/scheduler': schedulerApi(context) }),
    ...inRealm('readonly', readEndpoints(context)),
    ...inRealm('readwrite', { '/api/v1': operatorApi(context), ...writeEndpoints(context) }),
  ]),
})

/**
 * Answers every request of the port. `/x` and `/master/x` are the same. Who asks is looked at first, then leadership,
 * then anything else of the request; leadership again when it was lost while the request was under way.
 */
export function createRouter(
  context: MasterContext,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = createRoutes(context)
  return async (request, response) => {
    const target = request.url ?? '/'
    const path = pathOf(target)
    if (path === undefined) return sendText(response, 404, plainStatus(404))
    const own = path.startsWith('/master/') ? path.slice('/master'.length) : path
    const ofAny = longest(routes.process, path) ?? routes.own.get(own)
    const route = ofAny ?? longest(routes.leader, own)
    if (!route) return sendText(response, 404, plainStatus(404))
    const asked = { request, response, path: own, query: queryOf(target) }
    const admission = admit(route.realm && context.logins[route.realm], asked)
    if (!admission) return
    const exchange = { ...asked, ...admission }
    if (ofAny) return ofAny.handler(exchange)
    await answerAsLeader(context, route.handler, exchange)
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

/** Taken by hand: `//`, which is no URL, is a target that a client can send. */
function queryOf(target: string): URLSearchParams {
  const mark = target.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : target.slice(mark))
}

/** The decoded path without a trailing slash; undefined if it cannot be one of ours. */
function pathOf(url: string): string | undefined {
  const raw = url.split('?', 1)[0] ?? ''
  if (raw === '/') return raw
  try {
    const path = decodeURIComponent(raw).replace(/\/+$/, '')
    return path.includes('/..') ? undefined : path
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
