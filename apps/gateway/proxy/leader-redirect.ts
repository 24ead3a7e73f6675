/** Which redirects mean "not I, the leader": they name the same path at another server. Pure. */
import type { IncomingHttpHeaders } from 'node:http'

const statuses: ReadonlySet<number> = new Set([302, 307, 308])

/** The base URL of the leader to which `answer` of `upstream` sends a request for `path`; undefined for all others. */
export function leaderRedirect(
  answer: { readonly statusCode: number; readonly headers: IncomingHttpHeaders },
  { upstream, path }: { readonly upstream: string; readonly path: string },
): string | undefined {
  const { location } = answer.headers
  if (!statuses.has(answer.statusCode) || location === undefined || !URL.canParse(location, upstream)) return undefined
  const target = new URL(location, upstream)
  const asked = new URL(path, upstream)
  const isSamePath = target.pathname === asked.pathname && target.search === asked.search
  return isSamePath && target.origin !== asked.origin ? target.origin : undefined
}
