import { addresses } from '../addresses.ts'
import { getJson } from '../http.ts'
import { chronosEventSchema, jobsSchema, jobsSummarySchema, queueSchema } from '../schemas/chronos.ts'
import type { ChronosEvent, Job, JobSummary, WireRun } from '../schemas/chronos.ts'
import { followEvents } from '../streams/follow-events.ts'
import type { EventFollower } from '../streams/follow-events.ts'

export type Jobs = {
  jobs: ReadonlyMap<string, Job>
  summaries: ReadonlyMap<string, JobSummary>
  /** Runs that wait for an offer or a retry, by job, each with what it waits for. */
  waiting: ReadonlyMap<string, WireRun>
}

/** The queue is an addition of ours; the original Chronos does not have it. */
async function readWaiting(signal?: AbortSignal): Promise<Map<string, WireRun>> {
  const { queue } = await getJson(addresses.chronos.queue, queueSchema, { signal }).catch(() => ({ queue: [] }))
  return new Map(queue.map((run) => [run.job ?? '', run]))
}

export async function readJobs(signal?: AbortSignal): Promise<Jobs> {
  const [jobs, summary, waiting] = await Promise.all([
    getJson(addresses.chronos.jobs, jobsSchema, { signal }),
    getJson(addresses.chronos.summary, jobsSummarySchema, { signal }),
    readWaiting(signal),
  ])
  return {
    jobs: new Map(jobs.map((job) => [job.name, job])),
    summaries: new Map(summary.jobs.map((one) => [one.name, one])),
    waiting,
  }
}

export function jobNameOf(event: ChronosEvent): string | undefined {
  const named = typeof event.job === 'string' ? event.job : event.job?.name
  return named ?? event.jobName ?? event.name ?? event.run?.job
}

export const followJobs = (follower: EventFollower<ChronosEvent>): Promise<never> =>
  followEvents(addresses.chronos.events, chronosEventSchema, follower)
