import { may } from '@thermosphere/agent-core'
import type { Access } from '@thermosphere/agent-core'
import { invariant } from '@thermosphere/effects'
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler } from 'express'
import { refuseMethod } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { enter } from './doors.ts'
import type { RealmName } from './doors.ts'

const admitted = new WeakMap<Request, Access>()

/** Asks everybody who comes for a login, except where none is needed: a new path is closed unless it is opened here. */
export function admission({ doors, shell }: HttpContext): RequestHandler {
  return (request, _response, next) => {
    const realm = realmOf(request.path)
    const door = realm === undefined ? [] : doors[realm]
    admitted.set(request, { acls: shell.state.config.acls, asker: enter(door, request.headers.authorization) })
    next()
  }
}

/** What whoever sent this request may do. */
export function accessOf(request: Request): Access {
  const access = admitted.get(request)
  invariant(access !== undefined, 'every request is admitted before it is answered')
  return access
}

/** Routes do not tell capitals apart. */
function realmOf(asked: string): RealmName | undefined {
  const path = asked.toLowerCase()
  if (path === '/health' || path === '/version' || /^\/help(\/|$)/.test(path)) return undefined
  if (path === '/api/v1/executor') return 'executor'
  const changes = path === '/api/v1' || path.startsWith('/api/v1/') || path === '/logging/toggle'
  return changes ? 'readwrite' : 'readonly'
}

export const forbidden = (message = '403 Forbidden.'): HttpError => new HttpError(403, message)

/** For an endpoint that rules can be about as a whole, by the name that it has there. */
export function refuseUnlessAllowed(request: Request, path: string): void {
  const access = accessOf(request)
  if (access.acls !== undefined) refuseMethod(request, ['GET'])
  if (!may(access, 'get_endpoints', path)) throw forbidden()
}
