import { skipToken, useQuery } from '@tanstack/react-query'
import { createContext, useContext, useMemo } from 'react'
import type { Cluster } from '../../api/live/cluster-state.ts'
import type { Connection, SourceName } from '../../api/live/connection.ts'
import type { FeedEntry } from '../../api/live/feed.ts'
import type { Jobs } from '../../api/live/jobs-source.ts'
import type { Connections, LiveClient } from '../../api/live/live-client.ts'
import type { Services } from '../../api/live/services-state.ts'
import { keys } from '../../api/query-keys.ts'
import { useNow } from '../../ui/text/clock.ts'
import type { Usage } from '../cluster/usage.ts'
import { usageOf } from '../cluster/usage.ts'
import type { JobView } from '../jobs/job-view.ts'
import { jobViews } from '../jobs/job-view.ts'
import type { ServiceView } from '../services/service-view.ts'
import { serviceViews } from '../services/service-view.ts'

const LiveContext = createContext<LiveClient | undefined>(undefined)
export const LiveProvider = LiveContext.Provider

export function useLive(): LiveClient {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('LiveProvider is missing')
  return live
}

/** Reads what the event streams keep in the query cache; undefined until the first snapshot. */
function useStreamed<Value>(queryKey: readonly string[]): Value | undefined {
  return useQuery<Value>({
    queryKey,
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  }).data
}

export const useCluster = () => useStreamed<Cluster>(keys.live.cluster)
export const useServices = () => useStreamed<Services>(keys.live.services)
export const useJobs = () => useStreamed<Jobs>(keys.live.jobs)
const nothing: FeedEntry[] = []
export const useFeed = () => useStreamed<FeedEntry[]>(keys.live.feed) ?? nothing

const connecting: Connection = { state: 'connecting', since: 0 }
const initial: Connections = { cluster: connecting, services: connecting, jobs: connecting }
export const useConnections = () => useStreamed<Connections>(keys.live.connections) ?? initial
export const useIsLive = (source: SourceName) => useConnections()[source].state === 'live'

export function useUsage(): Usage | undefined {
  const cluster = useCluster()
  return useMemo(() => (cluster === undefined ? undefined : usageOf(cluster)), [cluster])
}

const noUsage: Usage = usageOf({ agents: new Map(), frameworks: new Map(), tasks: new Map(), revision: -1 })

export function useServiceViews(): ServiceView[] | undefined {
  const services = useServices()
  const usage = useUsage() ?? noUsage
  return useMemo(() => (services === undefined ? undefined : serviceViews(services, usage)), [services, usage])
}

export function useJobViews(): JobView[] | undefined {
  const jobs = useJobs()
  const minute = Math.floor(useNow() / 15_000) * 15_000
  return useMemo(() => (jobs === undefined ? undefined : jobViews(jobs, minute)), [jobs, minute])
}
