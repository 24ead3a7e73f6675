/** What differs between the two generations of the API: how errors look. */
import type { HttpError } from '@thermosphere/service-kit'
import type { ErrorFormat } from '@thermosphere/service-kit'
import type { Dialect } from '@thermosphere/chronos-core'
import type { Request } from 'express'
import { STATUS_CODES } from 'node:http'

export const dialectOf = (request: Request): Dialect => (request.originalUrl.startsWith('/v1/') ? '3' : '2')

/** 3.x: `{"message","status"}`; 2.x: the sentence alone. */
export const formatError: ErrorFormat = (error: HttpError, response) => {
  const status = STATUS_CODES[error.status] ?? 'Error'
  if (response.req.originalUrl.startsWith('/scheduler')) response.type('text/plain').send(error.message)
  else response.json({ message: error.message, status })
}
