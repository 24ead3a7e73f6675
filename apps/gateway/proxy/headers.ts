/** Which headers cross the gateway, and how. Pure. */
import { withoutHopByHop } from '@thermosphere/service-kit'
import type { IncomingHttpHeaders } from 'node:http'

type Headers = Record<string, string | string[]>

export type Client = { readonly address: string; readonly protocol: string }

/** The browser itself tells which page a request comes from: others may not speak with what is not theirs. */
const lendsTo: ReadonlySet<unknown> = new Set([undefined, 'none', 'same-origin'])

/** The login of the gateway for a client that brings none of its own. */
export const lentLogin = (headers: IncomingHttpHeaders, authorization: string | undefined): Headers =>
  authorization !== undefined && headers.authorization === undefined && lendsTo.has(headers['sec-fetch-site'])
    ? { authorization }
    : {}

/** Headers for the upstream: the client's own, and who it is. */
export function requestHeaders(headers: IncomingHttpHeaders, client: Client): Headers {
  const before = headers['x-forwarded-for']
  const forwarded = before === undefined ? client.address : `${String(before)}, ${client.address}`
  // Node answers `Expect: 100-continue` itself; the upstream must not be asked again.
  const { expect: _expect, host, ...rest } = withoutHopByHop(headers)
  return {
    ...rest,
    'x-forwarded-for': forwarded,
    'x-real-ip': client.address,
    'x-forwarded-proto': client.protocol,
    ...(host !== undefined && { 'x-forwarded-host': host }),
  }
}

/** A redirect of the upstream to itself, by path or by its own address, stays under `prefix`; others pass untouched. */
export function rewriteLocation(
  location: string,
  route: { readonly prefix: string; readonly upstream: string },
): string {
  const own = location.startsWith(route.upstream) ? location.slice(route.upstream.length) || '/' : location
  const isPath = own.startsWith('/') && !own.startsWith('//')
  return isPath ? route.prefix + own : location
}

/** Headers for the client. */
export function responseHeaders(
  headers: IncomingHttpHeaders,
  route: { readonly prefix: string; readonly upstream: string },
): Headers {
  const passed = withoutHopByHop(headers)
  const { location } = headers
  return location === undefined ? passed : { ...passed, location: rewriteLocation(location, route) }
}
