/** `/v2/pods`: there are none; reading says so, creating is refused in words. */
import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'
import { byMethod, notFound } from './answer.ts'
import { pathIdOf, segmentsOf } from './request.ts'

export function podsRoute(): RequestHandler {
  return async (request, response, next) => {
    const path = segmentsOf(request).join('/')
    const isList = path === '' || path === '::status'
    const handler = byMethod({
      GET: () => {
        if (!isList) throw notFound(JSON.stringify({ message: `pod with ${pathIdOf([path])} does not exist` }))
        response.json([])
      },
      POST: () => {
        throw new HttpError(501, 'Pods are not supported by this version')
      },
    })
    await handler(request, response, next)
  }
}
