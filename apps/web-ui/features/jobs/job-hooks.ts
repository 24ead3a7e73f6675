import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { readRuns } from '../../api/chronos.ts'
import { keys } from '../../api/query-keys.ts'
import { isDependent, runView } from './job-view.ts'
import type { JobView } from './job-view.ts'
import { nextRuns } from './schedule/next-runs.ts'
import { parseSchedule } from './schedule/schedule.ts'

/** Runs of a job, newest first; Chronos' events mark them stale. */
export function useRuns(name: string) {
  const query = useQuery({ queryKey: keys.runs(name), queryFn: ({ signal }) => readRuns(name, signal) })
  const runs = useMemo(() => query.data?.map(runView), [query.data])
  return { runs, error: query.error, refetch: query.refetch }
}

const nextCount = 8

export function nextRunsOf(view: JobView, now: number): number[] {
  const { job } = view
  if (job.disabled || isDependent(job)) return []
  return nextRuns(parseSchedule(job.schedule ?? '', job.scheduleTimeZone), {
    zone: job.scheduleTimeZone,
    now,
    count: nextCount,
  }).runs
}
