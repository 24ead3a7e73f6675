/** What every request passes: headers, limits, login. */
import { BasicLogin, HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'
import type { HttpContext } from './context.ts'

const allowed = 'GET, HEAD, OPTIONS'

export function marathonHeaders(context: HttpContext): RequestHandler {
  const origins = context.config.access_control_allow_origin?.split(',').map((origin) => origin.trim())
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate')
    response.setHeader('Pragma', 'no-cache')
    response.setHeader('Expires', '0')
    response.setHeader('X-Marathon-Leader', `http://${context.leader()}`)
    response.setHeader('X-Frame-Options', 'DENY')
    response.setHeader('X-XSS-Protection', '1; mode=block')
    const origin = origins?.at(-1)
    if (origin !== undefined) {
      const headers = request.headers['access-control-request-headers']
      response.setHeader('Access-Control-Allow-Origin', origin)
      if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers)
      response.setHeader('Access-Control-Allow-Methods', allowed)
      response.setHeader('Access-Control-Max-Age', '86400')
    }
    next()
  }
}

export function methods(): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'TRACE') throw new HttpError(405, 'Method Not Allowed')
    if (request.method !== 'OPTIONS') return next()
    response.setHeader('Allow', allowed)
    response.status(200).end()
  }
}

export function concurrency(context: HttpContext): RequestHandler {
  const max = context.config.http_max_concurrent_requests
  let active = 0
  return (_request, response, next) => {
    if (max !== undefined && active >= max) throw new HttpError(503, `Too many concurrent requests! Allowed: ${max}.`)
    active++
    context.metrics.requestBegan()
    response.once('close', () => {
      active--
      context.metrics.requestEnded()
    })
    next()
  }
}

/** Basic authentication of every path, when credentials are configured. */
export function login(context: HttpContext): RequestHandler {
  const { http_credentials: credentials, http_realm: realm } = context.config
  if (credentials === undefined) return (_request, _response, next) => next()
  const basic = BasicLogin.ofUser(realm, credentials)
  return (request, _response, next) => {
    if (basic.principalOf(request.headers.authorization) !== undefined) return next()
    throw new HttpError(401, 'Unauthorized', { headers: { 'WWW-Authenticate': basic.challenge } })
  }
}
