import express from 'express'
import type { ErrorRequestHandler, Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { HttpError } from './errors.ts'
import { gzipMiddleware } from '../negotiation/gzip.ts'
import type { HttpLimits } from './limits.ts'
import { HTTP_LIMITS } from './limits.ts'

export type RequestObserver = {
  /** Called once per answered request. */
  observe(request: { readonly method: string; readonly status: number; readonly durationMs: number }): void
}

export type HttpAppOptions = {
  readonly logger: Logger
  readonly metrics?: RequestObserver
  readonly limits?: Partial<HttpLimits>
}

const REQUEST_ID = /^[\w.:-]{1,128}$/

/**
 * An Express app with request ids, access log, gzip; no body parser (routes read their own with readJson).
 * Mount routes, then `notFoundMiddleware` and `errorMiddleware` last.
 */
export function createHttpApp(options: HttpAppOptions): Express {
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', 'simple')
  app.use(observeMiddleware(options))
  app.use(gzipMiddleware(limits.gzipBytesMin))
  return app
}

const observeMiddleware =
  (options: HttpAppOptions): RequestHandler =>
  (request: Request, response: Response, next: NextFunction) => {
    response.locals['requestId'] = observeRequest(request, response, options)
    next()
  }

/** Gives a request its id, and tells the log and the metrics when it is over. */
export function observeRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { logger, metrics }: HttpAppOptions,
): string {
  const startedAt = performance.now()
  const requestId = requestIdOf(request)
  const { method = '', url = '' } = request
  response.setHeader('X-Request-Id', requestId)
  response.on('close', () => {
    const durationMs = performance.now() - startedAt
    const status = response.statusCode
    metrics?.observe({ method, status, durationMs })
    if (logger.isLevelEnabled('debug'))
      logger.debug({ requestId, method, path: withoutQuery(url), status, durationMs }, 'http.request')
  })
  return requestId
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

/** A query may carry tokens. */
const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? ''

const pathOf = (request: Request): string => withoutQuery(request.originalUrl)

/** How one app writes an error: Mesos plain text, Marathon `{"message"}`. */
export type ErrorFormat = (error: HttpError, response: Response) => void

/** `{"message": "...", "requestId": "..."}` and `details` where there are some. */
export const jsonErrors: ErrorFormat = (error, response) => {
  const { message, details, code } = error
  const requestId: unknown = response.locals['requestId']
  response.json({ message, ...(code !== undefined && { code }), ...(details !== undefined && { details }), requestId })
}

/** The sentence alone, as Mesos answers. */
export const textErrors: ErrorFormat = (error, response) => {
  response.type('text/plain').send(error.message)
}

/** 404 for whatever no route took. */
export function notFoundMiddleware(message = (path: string) => `nothing is at ${path}`): RequestHandler {
  return (request, _response, next) => {
    next(new HttpError(404, message(pathOf(request))))
  }
}

/** The one place where errors become answers; what is no HttpError is logged and told as 500 without its inside. */
export function errorMiddleware(options: {
  readonly logger: Logger
  readonly format?: ErrorFormat
}): ErrorRequestHandler {
  const format = options.format ?? jsonErrors
  return (thrown: unknown, request, response, _next) => {
    const error = toHttpError(thrown)
    if (error.status >= 500) {
      const requestId: unknown = response.locals['requestId']
      options.logger.error(
        { err: thrown, requestId, method: request.method, path: pathOf(request) },
        'http.request.failed',
      )
    }
    if (response.headersSent) {
      response.destroy()
      return
    }
    // A body that was not read to its end leaves the connection unusable for the next request.
    if (!request.complete) response.setHeader('Connection', 'close')
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value)
    response.status(error.status)
    format(error, response)
  }
}

export function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown
  const fields = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const status = 'status' in fields && typeof fields.status === 'number' ? fields.status : 500
  const isClientError = status >= 400 && status < 500
  // Express itself throws these, e.g. for a path that cannot be decoded.
  if (isClientError && thrown instanceof Error) return new HttpError(status, thrown.message, { cause: thrown })
  const code = 'code' in fields && typeof fields.code === 'string' ? fields.code : undefined
  const retry = 'retryable' in fields && fields.retryable === true
  if (retry)
    return new HttpError(503, 'the server cannot do this now; try again', {
      cause: thrown,
      ...(code !== undefined && { code }),
    })
  return new HttpError(500, 'internal error; the log has it under this request id', { cause: thrown })
}
