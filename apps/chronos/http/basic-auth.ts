/** HTTP Basic for everything, as `--http_credentials` of the original. */
import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'
import { createHash, timingSafeEqual } from 'node:crypto'

export type BasicAuth = { readonly credentials: string; readonly realm: string }

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export function requireCredentials({ credentials, realm }: BasicAuth): RequestHandler {
  const wanted = digest(`Basic ${Buffer.from(credentials).toString('base64')}`)
  const challenge = `Basic realm="${realm.replaceAll(/["\\]/g, '')}"`
  return (request, _response, next) => {
    const given = digest((request.headers.authorization ?? '').replace(/^basic /i, 'Basic '))
    if (timingSafeEqual(given, wanted)) return next()
    throw new HttpError(401, 'log in with the user and password of --http_credentials', {
      headers: { 'WWW-Authenticate': challenge },
    })
  }
}
