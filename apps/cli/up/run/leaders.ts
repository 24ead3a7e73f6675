/** Who leads of several masters, Marathons, Chronos and members of etcd, in their own words. */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { joinTimeoutMs, lookUpTimeoutMs, readyPollMs } from '../../limits.ts'
import type { PartKind } from '../plan/part.ts'

type Server = { readonly name: string; readonly kind: PartKind; readonly url: string }

const leaderSchema = z.object({ leader: z.string().min(1) })
const etcdSchema = z.object({ header: z.object({ member_id: z.string() }), leader: z.string() })

const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(lookUpTimeoutMs) })

const leaderPaths: Readonly<Partial<Record<PartKind, string>>> = {
  marathon: '/v2/leader',
  chronos: '/v1/scheduler/leader',
}

/** `host:port` of the leader as `server` tells it. */
async function toldBy({ kind, url }: Server): Promise<string | undefined> {
  if (kind === 'master') {
    const answer = await ask(`${url}/redirect`, { redirect: 'manual' })
    return answer.headers.get('location')?.replace(/^(https?:)?\/\//, '')
  }
  const path = leaderPaths[kind]
  if (path === undefined) return undefined
  const answer = await ask(url + path)
  return answer.ok ? leaderSchema.parse(await answer.json()).leader : undefined
}

async function leadsEtcd({ url }: Server): Promise<boolean> {
  const answer = await ask(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' })
  const { header, leader } = etcdSchema.parse(await answer.json())
  return header.member_id === leader
}

const hostOf = (url: string): string => new URL(url).host
const namesSame = (told: string, url: string): boolean =>
  told.replace(/^localhost:/, '127.0.0.1:').replace(/\/.*$/, '') === hostOf(url)

async function leaderOf(kind: PartKind, servers: readonly Server[]): Promise<string | undefined> {
  for (const server of servers) {
    // One that does not answer knows nothing; another may.
    if (kind === 'etcd') {
      if (await leadsEtcd(server).catch(() => false)) return server.name
      continue
    }
    const told = await toldBy(server).catch(() => undefined)
    const leader = told === undefined ? undefined : servers.find(({ url }) => namesSame(told, url))
    if (leader !== undefined) return leader.name
  }
  return undefined
}

const electing: readonly PartKind[] = ['etcd', 'master', 'marathon', 'chronos']

/** Names of the parts that lead. */
export async function leadersOf(servers: readonly Server[]): Promise<Set<string>> {
  const found = await Promise.all(
    electing.map((kind) =>
      leaderOf(
        kind,
        servers.filter((server) => server.kind === kind),
      ),
    ),
  )
  return new Set(found.filter((name) => name !== undefined))
}

/** Whether somebody can lead besides it, so that one wants to know who does. */
export const isElecting = (kind: PartKind): boolean => electing.includes(kind)

/** Resolves with the kinds that have nobody who leads, at the latest after `joinTimeoutMs`. */
export async function waitForLeaders(servers: readonly Server[]): Promise<PartKind[]> {
  const wanted = electing.filter((kind) => servers.some((server) => server.kind === kind))
  const deadline = Date.now() + joinTimeoutMs
  for (;;) {
    const leaders = await leadersOf(servers)
    const led = new Set(servers.filter(({ name }) => leaders.has(name)).map(({ kind }) => kind))
    const missing = wanted.filter((kind) => !led.has(kind))
    if (missing.length === 0 || Date.now() > deadline) return missing
    await delay(readyPollMs)
  }
}
