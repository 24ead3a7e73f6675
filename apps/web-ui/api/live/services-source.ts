import { addresses } from '../addresses.ts'
import { ApiError, getJson } from '../http.ts'
import {
  appsSchema,
  deploymentsSchema,
  groupSchema,
  marathonEventSchema,
  oneAppSchema,
  queueSchema,
} from '../schemas/marathon.ts'
import type { App, Group, MarathonEvent, QueueItem } from '../schemas/marathon.ts'
import type { Services, Stale } from './services-state.ts'
import { followEvents } from '../streams/follow-events.ts'
import type { EventFollower } from '../streams/follow-events.ts'

const embeds = new URLSearchParams(
  ['tasks', 'counts', 'deployments', 'lastTaskFailure', 'taskStats'].map((name) => ['embed', `apps.${name}`]),
).toString()

const readApps = (signal?: AbortSignal) => getJson(`${addresses.marathon.apps}?${embeds}`, appsSchema, { signal })

export async function readApp(id: string, signal?: AbortSignal): Promise<App | undefined> {
  try {
    return (await getJson(`${addresses.marathon.app(id)}?embed=app.taskStats`, oneAppSchema, { signal })).app
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

const readDeployments = (signal?: AbortSignal) => getJson(addresses.marathon.deployments, deploymentsSchema, { signal })

export async function readQueue(signal?: AbortSignal): Promise<Map<string, QueueItem>> {
  const { queue } = await getJson(`${addresses.marathon.queue}?embed=lastUnusedOffers`, queueSchema, { signal })
  return new Map(queue.map((item) => [item.app?.id ?? item.pod?.id ?? '', item]))
}

const groupIds = (group: Group): string[] => [
  group.id,
  ...(group.groups ?? []).flatMap((child) => groupIds(child as Group)),
]

async function readGroups(signal?: AbortSignal): Promise<string[]> {
  return groupIds(await getJson(`${addresses.marathon.groups}?embed=group.groups`, groupSchema, { signal }))
}

export async function readServices(signal?: AbortSignal): Promise<Services> {
  const [{ apps }, deployments, queue, groups] = await Promise.all([
    readApps(signal),
    readDeployments(signal),
    readQueue(signal),
    readGroups(signal),
  ])
  return { apps: new Map(apps.map((app) => [app.id, app])), deployments, queue, groups }
}

/** Reads what is stale and nothing else. */
export async function refreshServices(services: Services, stale: Stale, signal?: AbortSignal): Promise<Services> {
  if (stale.everything) return readServices(signal)
  const [changed, deployments, queue] = await Promise.all([
    Promise.all([...stale.apps].map(async (id) => [id, await readApp(id, signal)] as const)),
    stale.deployments || stale.apps.size > 0 ? readDeployments(signal) : services.deployments,
    stale.queue ? readQueue(signal) : services.queue,
  ])
  const apps = new Map(services.apps)
  for (const [id, app] of changed) {
    if (app === undefined) apps.delete(id)
    else apps.set(id, app)
  }
  return { ...services, apps, deployments, queue }
}

export const followServices = (follower: EventFollower<MarathonEvent>): Promise<never> =>
  followEvents(addresses.marathon.events, marathonEventSchema, follower)
