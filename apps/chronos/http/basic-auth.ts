/** HTTP Basic for everything, as `--http_credentials` of the original. */
import { BasicLogin, HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'

export type BasicAuth = { readonly credentials: string; readonly realm: string }

export function requireCredentials({ credentials, realm }: BasicAuth): RequestHandler {
  const login = BasicLogin.ofUser(realm, credentials)
  return (request, _response, next) => {
    if (login.principalOf(request.headers.authorization) !== undefined) return next()
    throw new HttpError(401, 'log in with the user and password of --http_credentials', {
      headers: { 'WWW-Authenticate': login.challenge },
    })
  }
}
