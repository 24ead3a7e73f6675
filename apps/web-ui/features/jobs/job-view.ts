import type { Job, JobSummary, WireRun } from '../../api/schemas/chronos.ts'
import type { Jobs } from '../../api/live/jobs-source.ts'
import { runState } from '../../api/live/feed-lines.ts'
import { momentOf } from '../../ui/text/format.ts'
import type { Status } from '../../ui/status.ts'
import { nextRuns } from './schedule/next-runs.ts'
import { parseSchedule } from './schedule/schedule.ts'
import { scheduleWords } from './schedule/schedule-words.ts'

export type JobView = {
  job: Job
  name: string
  status: Status
  word: string
  reason: string
  running: number
  /** The schedule in words, or which jobs it follows. */
  when: string
  nextRunAt: number | undefined
  lastRunAt: number | undefined
  parents: string[]
}

export function jobViews(jobs: Jobs, now: number): JobView[] {
  return [...jobs.jobs.values()]
    .map((job) => jobView(job, { summary: jobs.summaries.get(job.name), waiting: jobs.waiting.get(job.name) }, now))
    .sort((a, b) => a.name.localeCompare(b.name))
}

type Told = { summary: JobSummary | undefined; waiting: WireRun | undefined }

export function jobView(job: Job, { summary, waiting }: Told, now: number): JobView {
  const parents = job.parents ?? []
  const running = Number(/^(\d+) running$/.exec(summary?.state ?? '')?.[1] ?? 0)
  return {
    job,
    name: job.name,
    running,
    parents,
    when: whenWords(job),
    nextRunAt: job.disabled ? undefined : nextRunOf(job, summary, now),
    lastRunAt: latest(momentOf(job.lastSuccess), momentOf(job.lastError)),
    ...stateOf(job, { summary, waiting }, running),
  }
}

const latest = (a: number | undefined, b: number | undefined) =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b)

export const isDependent = (job: { parents?: string[] | undefined }) => (job.parents?.length ?? 0) > 0

function whenWords(job: Job): string {
  if (isDependent(job)) return `after ${(job.parents ?? []).join(' and ')}`
  return scheduleWords(parseSchedule(job.schedule ?? '', job.scheduleTimeZone), job.scheduleTimeZone)
}

function nextRunOf(job: Job, summary: JobSummary | undefined, now: number): number | undefined {
  const told = momentOf(job.nextRun ?? summary?.nextRun)
  if (told !== undefined) return told
  if (isDependent(job) || job.schedule === undefined) return undefined
  return nextRuns(parseSchedule(job.schedule, job.scheduleTimeZone), { zone: job.scheduleTimeZone, now, count: 1 })
    .runs[0]
}

function stateOf(job: Job, { summary, waiting }: Told, running: number): Pick<JobView, 'status' | 'word' | 'reason'> {
  if (running > 0) return { status: 'working', word: running === 1 ? 'Running' : `${running} running`, reason: '' }
  if (job.disabled) return { status: 'stopped', word: 'Disabled', reason: '' }
  if (summary?.state === 'queued')
    return { status: 'waiting', word: 'Queued', reason: waiting?.waitsFor ?? 'waits for an agent with room' }
  if (waiting?.state === 'delayed') return { status: 'waiting', word: 'Retrying', reason: retryWords(waiting) }
  if (summary?.status === 'failure') return { status: 'failing', word: 'Failed', reason: failureWords(job) }
  if (summary?.status === 'success') return { status: 'healthy', word: 'Succeeded', reason: '' }
  return { status: 'stopped', word: 'Not run yet', reason: '' }
}

const retryWords = (run: WireRun) => `attempt ${run.attempt} failed or waits; the next try is soon`
const failureWords = (job: Job) =>
  job.errorsSinceLastSuccess > 1 ? `its last ${job.errorsSinceLastSuccess} runs failed` : 'its last run failed'

export type RunView = {
  id: string
  attempt: number
  status: Status
  word: string
  scheduledAt: number | undefined
  startedAt: number | undefined
  finishedAt: number | undefined
  exitCode: number | undefined
  message: string
  cause: string
  host: string | undefined
  agentId: string | undefined
  frameworkId: string | undefined
  taskId: string
  executorId: string | undefined
  isActive: boolean
}

const runWords: Record<string, { status: Status; word: string }> = {
  queued: { status: 'waiting', word: 'Queued' },
  delayed: { status: 'waiting', word: 'Waits to retry' },
  starting: { status: 'working', word: 'Starting' },
  running: { status: 'working', word: 'Running' },
  killing: { status: 'working', word: 'Killing' },
  succeeded: { status: 'healthy', word: 'Succeeded' },
  failed: { status: 'failing', word: 'Failed' },
  killed: { status: 'stopped', word: 'Killed' },
  skipped: { status: 'waiting', word: 'Skipped' },
  missed: { status: 'waiting', word: 'Missed' },
}

export function runView(run: WireRun): RunView {
  const state = runState(run.state)
  const shown = runWords[state] ?? { status: 'waiting' as const, word: run.state }
  return {
    id: run.id,
    attempt: run.attempt,
    ...shown,
    scheduledAt: momentOf(run.scheduledAt),
    startedAt: momentOf(run.startedAt),
    finishedAt: momentOf(run.finishedAt),
    exitCode: run.exitCode ?? undefined,
    message: run.message ?? run.waitsFor ?? run.reason ?? '',
    cause: run.cause ?? '',
    host: run.agentHostname ?? undefined,
    agentId: run.agentId ?? undefined,
    frameworkId: run.frameworkId ?? undefined,
    taskId: run.taskId ?? run.id,
    executorId: run.executorId ?? undefined,
    isActive: shown.status === 'working' || state === 'queued',
  }
}

/** Why an action on a job is not possible now; undefined when it is (chronos-api §4.5, §4.6, §4.11). */
export type JobAction = 'run' | 'kill' | 'edit' | 'disable' | 'enable' | 'delete'
export function forbiddenForJob(action: JobAction, view: JobView, connection: { isLive: boolean }): string | undefined {
  if (!connection.isLive) return 'The connection to Chronos is lost; this shows an old state.'
  if (action === 'kill' && view.running === 0) return 'No run of it is active.'
  if (action === 'disable' && view.job.disabled) return 'It is disabled already.'
  if (action === 'enable' && !view.job.disabled) return 'It is enabled already.'
  return undefined
}
