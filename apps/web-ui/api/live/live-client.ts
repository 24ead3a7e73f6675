import type { QueryClient } from '@tanstack/react-query'
import { limits } from '../../limits.ts'
import { keys } from '../query-keys.ts'
import type { ChronosEvent } from '../schemas/chronos.ts'
import type { MarathonEvent } from '../schemas/marathon.ts'
import type { OperatorEvent } from '../schemas/mesos.ts'
import { followCluster, readSummary } from './cluster-source.ts'
import { ClusterState } from './cluster-state.ts'
import type { Connection, SourceName } from './connection.ts'
import { LiveSource } from './connection.ts'
import { addToFeed } from './feed.ts'
import type { FeedEntry } from './feed.ts'
import { followJobs, jobNameOf, readJobs } from './jobs-source.ts'
import { followServices, readQueue, readServices, refreshServices } from './services-source.ts'
import { feedOf, isStale, markStale, nothingStale } from './services-state.ts'
import type { Services } from './services-state.ts'
import { feedOfSnapshot, feedOfStatus } from './task-words.ts'
import { clusterFeed, jobFeed } from './feed-lines.ts'

export type Connections = Record<SourceName, Connection>

/** Feeds the query cache from the three event streams. One for the whole page; `close()` ends all of it. */
export class LiveClient {
  readonly #queries: QueryClient
  readonly #sources: Record<SourceName, LiveSource>
  readonly #cluster = new ClusterState()
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #stale = nothingStale()
  #refreshing = false

  constructor(queries: QueryClient) {
    this.#queries = queries
    this.#sources = {
      cluster: new LiveSource({ connect: this.#connectCluster, report: (one) => this.#report('cluster', one) }),
      services: new LiveSource({ connect: this.#connectServices, report: (one) => this.#report('services', one) }),
      jobs: new LiveSource({ connect: this.#connectJobs, report: (one) => this.#report('jobs', one) }),
    }
    for (const name of ['cluster', 'services', 'jobs'] as const) this.#report(name, this.#sources[name].connection)
  }

  start(): void {
    for (const source of Object.values(this.#sources)) source.start()
  }

  pause(): void {
    for (const source of Object.values(this.#sources)) source.pause()
  }

  retryNow(): void {
    for (const source of Object.values(this.#sources)) source.retryNow()
  }

  close(): void {
    for (const source of Object.values(this.#sources)) source.close()
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  /** After an action of the user: do not wait for the event. */
  serviceChanged(id: string): void {
    this.#stale.apps.add(id)
    this.#stale.deployments = true
    this.#stale.queue = true
    this.#soon('services', () => void this.#refresh())
  }

  jobChanged(name: string): void {
    this.#soon('jobs', () => void this.#reloadJobs())
    void this.#queries.invalidateQueries({ queryKey: keys.runs(name) })
  }

  readonly #connectCluster = (signal: AbortSignal, heard: () => void) =>
    followCluster({ signal, heard, onEvents: (events) => this.#onOperatorEvents(events) })

  readonly #connectServices = (signal: AbortSignal, heard: () => void) =>
    followServices({
      signal,
      heard,
      onOpen: async () => this.#setServices(await readServices(signal)),
      onEvent: (event) => this.#onMarathonEvent(event),
    })

  readonly #connectJobs = (signal: AbortSignal, heard: () => void) =>
    followJobs({
      signal,
      heard,
      onOpen: async () => void this.#queries.setQueryData(keys.live.jobs, await readJobs(signal)),
      onEvent: (event, type) => this.#onChronosEvent(type, event),
    })

  #onOperatorEvents(events: OperatorEvent[]): void {
    const feed: FeedEntry[] = []
    for (const event of events) {
      this.#cluster.apply(event)
      if (event.type === 'SUBSCRIBED') feed.push(...feedOfSnapshot(this.#cluster.view(), Date.now()))
      else feed.push(...this.#linesOf(event))
    }
    this.#addFeed(feed)
    if (events.some((event) => event.type === 'HEARTBEAT' || event.type === 'SUBSCRIBED')) void this.#refine()
    this.#soon('cluster', () => this.#queries.setQueryData(keys.live.cluster, this.#cluster.view()))
  }

  #linesOf(event: OperatorEvent): FeedEntry[] {
    const view = this.#cluster.view()
    if (event.type !== 'TASK_UPDATED') return clusterFeed(event, view, Date.now())
    const { framework_id: frameworkId, status } = event.task_updated
    const task = view.tasks.get(`${frameworkId.value}/${status.task_id.value}`)
    const last = task?.statuses.at(-1)
    return task === undefined || last === undefined || last.state === 'TASK_STARTING'
      ? []
      : [feedOfStatus(task, last, Date.now())]
  }

  async #refine(): Promise<void> {
    const summary = await readSummary().catch(() => undefined)
    if (summary === undefined) return
    this.#cluster.refine(summary)
    this.#queries.setQueryData(keys.live.cluster, this.#cluster.view())
  }

  #onMarathonEvent(event: MarathonEvent): void {
    markStale(this.#stale, event)
    this.#addFeed(feedOf(event))
    this.#soon('services', () => void this.#refresh())
  }

  async #refresh(): Promise<void> {
    const services = this.#queries.getQueryData<Services>(keys.live.services)
    if (this.#refreshing || services === undefined) return
    this.#refreshing = true
    const stale = this.#stale
    this.#stale = nothingStale()
    try {
      this.#setServices(await refreshServices(services, stale))
    } catch {
      this.#stale.everything = true
    }
    this.#refreshing = false
    if (isStale(this.#stale)) this.#soon('services', () => void this.#refresh())
  }

  #setServices(services: Services): void {
    this.#queries.setQueryData(keys.live.services, services)
    // Marathon has no event for "looked at more offers"; while something waits its reasons are read again.
    if (services.queue.size > 0) this.#soon('queue', () => void this.#reloadQueue(), 4_000)
  }

  async #reloadQueue(): Promise<void> {
    const queue = await readQueue().catch(() => undefined)
    const services = this.#queries.getQueryData<Services>(keys.live.services)
    if (queue !== undefined && services !== undefined) this.#setServices({ ...services, queue })
  }

  #onChronosEvent(type: string, event: ChronosEvent): void {
    const name = jobNameOf(event)
    this.#addFeed(jobFeed(type, event, Date.now()))
    if (name !== undefined) this.jobChanged(name)
    else this.#soon('jobs', () => void this.#reloadJobs())
  }

  async #reloadJobs(): Promise<void> {
    const jobs = await readJobs().catch(() => undefined)
    if (jobs !== undefined) this.#queries.setQueryData(keys.live.jobs, jobs)
  }

  #addFeed(entries: readonly FeedEntry[]): void {
    if (entries.length === 0) return
    this.#queries.setQueryData<FeedEntry[]>(keys.live.feed, (feed) => addToFeed(feed ?? [], entries))
  }

  #report(name: SourceName, connection: Connection): void {
    this.#queries.setQueryData<Connections>(keys.live.connections, (all) => {
      const initial: Connection = { state: 'connecting', since: Date.now() }
      return { cluster: initial, services: initial, jobs: initial, ...all, [name]: connection }
    })
  }

  #soon(name: string, task: () => void, waitMs: number = limits.flushMs): void {
    if (this.#timers.has(name)) return
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name)
        task()
      }, waitMs),
    )
  }
}
