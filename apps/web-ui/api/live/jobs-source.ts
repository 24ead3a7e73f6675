import { addresses } from '../addresses.ts'
import { getJson, openStream } from '../http.ts'
import { SseDecoder } from '../sse.ts'
import { chronosEventSchema, jobsSchema, jobsSummarySchema } from '../schemas/chronos.ts'
import type { ChronosEvent, Job, JobSummary } from '../schemas/chronos.ts'
import { followEvents } from './event-stream.ts'

export type Jobs = { jobs: ReadonlyMap<string, Job>; summaries: ReadonlyMap<string, JobSummary> }

export async function readJobs(signal?: AbortSignal): Promise<Jobs> {
  const [jobs, summary] = await Promise.all([
    getJson(addresses.chronos.jobs, jobsSchema, { signal }),
    getJson(addresses.chronos.summary, jobsSummarySchema, { signal }),
  ])
  return {
    jobs: new Map(jobs.map((job) => [job.name, job])),
    summaries: new Map(summary.jobs.map((one) => [one.name, one])),
  }
}

export function jobNameOf(event: ChronosEvent): string | undefined {
  const named = typeof event.job === 'string' ? event.job : event.job?.name
  return named ?? event.jobName ?? event.name ?? event.run?.job
}

/** Follows Chronos' events: first `onOpen` (read everything now), then each event with its type. */
export async function followJobs(options: {
  signal: AbortSignal
  heard: () => void
  onOpen: () => Promise<void>
  onEvent: (type: string, event: ChronosEvent) => void
}): Promise<void> {
  const body = await openStream(addresses.chronos.events, { headers: { accept: 'text/event-stream' }, signal: options.signal })
  await options.onOpen()
  options.heard()
  await followEvents(body, new SseDecoder(), options.heard, (event) => {
    const parsed = chronosEventSchema.safeParse(JSON.parse(event.data))
    if (parsed.success) options.onEvent(event.type, parsed.data)
  })
}
