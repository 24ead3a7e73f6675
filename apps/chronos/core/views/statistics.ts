/** Run times of jobs in the shapes of the original: milliseconds in `stat`, seconds in `stats`. */
import type { Millis } from '@thermosphere/effects'
import type { ChronosState, JobRecord, Run } from '../state.ts'
import { runsOf } from './views.ts'

const percentiles = { '75thPercentile': 0.75, '95thPercentile': 0.95, '98thPercentile': 0.98, '99thPercentile': 0.99 }
const names = ['99thPercentile', '98thPercentile', '95thPercentile', '75thPercentile', 'median', 'mean'] as const
type StatisticName = (typeof names)[number]

const quantile = (times: readonly Millis[], fraction: number): number => {
  const ordered = times.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.ceil(fraction * ordered.length) - 1)] ?? 0
}

function statistic({ runTimes }: JobRecord, name: StatisticName): number {
  if (runTimes.length === 0) return 0
  if (name === 'mean') return runTimes.reduce((sum, time) => sum + time, 0) / runTimes.length
  return quantile(runTimes, name === 'median' ? 0.5 : percentiles[name])
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** `MM/dd/yy HH:mm:ss` in UTC, the zone that servers run in. */
function statTime(ms: Millis | undefined): string {
  if (ms === undefined) return 'N/A'
  const time = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('UTC')
  const date = [time.month, time.day, time.year % 100].map(twoDigits).join('/')
  return `${date} ${[time.hour, time.minute, time.second].map(twoDigits).join(':')}`
}

/** `5s`, `1m5s`, `1h0s`: zero parts are left out but for the seconds. */
export function durationText(ms: Millis): string {
  const seconds = Math.floor(ms / 1000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`
}

const statusText = (run: Run): string => {
  if (run.state === 'succeeded') return 'Success'
  if (run.state === 'failed' || run.state === 'killed') return 'Fail'
  return run.state === 'running' ? 'Running' : 'Idle'
}

function historyEntry(run: Run, hasElements: boolean): object {
  const { startedAt, endedAt } = run
  return {
    taskId: run.taskId,
    jobName: run.job,
    slaveId: run.agentId ?? '',
    startTime: statTime(startedAt),
    endTime: statTime(endedAt),
    ...(startedAt !== undefined && endedAt !== undefined && { duration: durationText(endedAt - startedAt) }),
    status: statusText(run),
    ...(hasElements && { numElementsProcessed: run.elements ?? 0 }),
  }
}

export function jobStatistics(state: ChronosState, record: JobRecord): object {
  const { name, dataProcessingJobType } = record.job
  const shown = ['75thPercentile', '95thPercentile', '98thPercentile', '99thPercentile', 'median', 'mean'] as const
  const history = runsOf(state, name).filter((run) => run.launchedAt !== undefined)
  return {
    histogram: {
      ...Object.fromEntries(shown.map((one) => [one, statistic(record, one)])),
      count: record.runCount,
    },
    taskStatHistory: history
      .slice(0, state.config.jobHistoryLimit)
      .map((run) => historyEntry(run, dataProcessingJobType)),
  }
}

export function allStatistics(state: ChronosState, percentile: string): object[] {
  const name = names.find((one) => one === percentile)
  if (name === undefined) return []
  return [...state.jobs.values()]
    .map((record) => ({ jobNameLabel: record.job.name, time: statistic(record, name) / 1000 }))
    .sort((a, b) => b.time - a.time)
}
