/** Reading requests as Marathon does. */
import { errorMessage } from '@thermosphere/effects'
import { resolvePath } from '@thermosphere/marathon-core'
import type { Audit } from '@thermosphere/marathon-core'
import { HttpError, readBody } from '@thermosphere/service-kit'
import type { Request } from 'express'

function valuesOf(request: Request, name: string): string[] {
  const value = request.query[name]
  const values = Array.isArray(value) ? value : [value]
  return values.filter((item) => typeof item === 'string')
}

/** Only `true`, in any letter case, is true. */
export function flagOf(request: Request, name: string, fallback = false): boolean {
  const [value] = valuesOf(request, name)
  return value === undefined ? fallback : value.toLowerCase() === 'true'
}

/** Every value of a parameter that may be repeated. */
export function listOf(request: Request, name: string): string[] {
  return [...valuesOf(request, name), ...valuesOf(request, `${name}[]`)]
}

export function textOf(request: Request, name: string): string | undefined {
  return valuesOf(request, name)[0]
}

/** The rest of the path behind the mount point, decoded, without empty segments. */
export function segmentsOf(request: Request): string[] {
  try {
    return decodeURIComponent(request.path)
      .split('/')
      .filter((segment) => segment !== '')
  } catch (cause) {
    throw new HttpError(400, 'the path cannot be decoded', { cause })
  }
}

export function pathIdOf(segments: readonly string[]): string {
  return resolvePath('/', segments.join('/'))
}

export function auditOf(request: Request): Audit {
  return { clientIp: request.ip ?? '', uri: request.originalUrl }
}

/** The body as JSON, with Marathon's answers to what is none. */
export async function jsonOf(request: Request): Promise<unknown> {
  const text = (await readBody(request)).toString('utf8')
  if (text.trim() === '')
    throw new HttpError(400, 'Please specify data in JSON format', { details: 'No content to map due to end-of-input' })
  const type = request.headers['content-type']
  if (
    type !== undefined &&
    !/^(application\/([\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/json)/i.test(type)
  )
    throw new HttpError(415, 'Unsupported Media Type')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HttpError(400, 'Invalid JSON', { details: errorMessage(cause), cause })
  }
}
