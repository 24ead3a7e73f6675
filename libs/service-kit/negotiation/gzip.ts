import type { NextFunction, Request, Response } from 'express'
import type { IncomingMessage } from 'node:http'
import { constants, gzip } from 'node:zlib'
import { acceptsCoding } from './accept.ts'

const COMPRESSIBLE = /^(?:text\/|application\/(?:json|javascript|x-protobuf|xml|[\w.-]+\+json)|image\/svg\+xml)/
/** Level 4 packs JSON nearly as small as 6 in half the time. */
export const GZIP_LEVEL = 4

/** Packs complete answers of at least `bytesMin`; streams and small answers pass untouched. */
export function gzipMiddleware(bytesMin: number) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'HEAD' && acceptsGzip(request)) packOnEnd(response, bytesMin)
    next()
  }
}

export const acceptsGzip = ({ headers }: IncomingMessage): boolean => acceptsCoding(headers['accept-encoding'], 'gzip')

function packOnEnd(response: Response, bytesMin: number): void {
  const end = response.end.bind(response)
  let isPacking = false
  const packed = (...args: unknown[]): Response => {
    const body = isPacking || response.headersSent ? undefined : bodyOf(args)
    if (body === undefined || body.length < bytesMin || !isCompressible(response)) {
      Reflect.apply(end, response, args)
      return response
    }
    isPacking = true
    response.vary('Accept-Encoding')
    gzip(body, { level: GZIP_LEVEL, strategy: constants.Z_DEFAULT_STRATEGY }, (error, zipped) => {
      if (error === null) {
        response.setHeader('Content-Encoding', 'gzip')
        response.setHeader('Content-Length', zipped.length)
      }
      end(error === null ? zipped : body)
    })
    return response
  }
  // `end` has four overloads; this keeps whatever arguments it was given.
  response.end = packed as typeof response.end
}

function bodyOf(args: readonly unknown[]): Buffer | undefined {
  const [chunk, encoding] = args
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (typeof chunk !== 'string') return undefined
  return Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8')
}

function isCompressible(response: Response): boolean {
  const type = response.getHeader('content-type')
  return response.getHeader('content-encoding') === undefined && typeof type === 'string' && COMPRESSIBLE.test(type)
}
