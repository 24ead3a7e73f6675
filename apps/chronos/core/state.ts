/** Everything the job framework knows. Mutated in place by `step`; read by the views. */
import type { Millis, Random } from '@thermosphere/effects'
import type { Defaults } from './job/parse-job.ts'
import type { Job } from './job/job.ts'
import { reviveBurstMax } from './limits.ts'
import { RunIndex } from './runs/run-index.ts'
import type { Run } from './runs/run.ts'
import type { Cursor } from './schedule/schedule.ts'

export type ChronosConfig = {
  readonly defaults: Defaults
  readonly role: string
  readonly failureRetryMs: Millis
  readonly disableAfterFailures: number
  readonly legacyRetryGate: boolean
  readonly declineSeconds: number | undefined
  readonly reconciliationIntervalMs: Millis
  readonly reviveIntervalMinMs: Millis
  readonly jobHistoryLimit: number
  readonly historyRunsMax: number
  /** Ended runs kept over all jobs. */
  readonly historyTotalMax: number
  readonly historyTtlMs: Millis
  readonly unreachableTimeoutMs: Millis
  readonly hostname: string
}

/** A job with where it stands. */
export type JobRecord = {
  job: Job
  /** Next nominal time of a scheduled job. */
  cursor: Cursor
  /** Scheduled runs left; undefined: for ever. */
  left: number | undefined
  /** Successes of each parent since this job last started. */
  edges: Record<string, number>
  /** Milliseconds from due to end of the last successful runs, oldest first. */
  runTimes: Millis[]
  runCount: number
  createdAt: Millis
}

export type { Cause, Run, RunState } from './runs/run.ts'
export { awaitsCallback, isActive, isLaunched } from './runs/run.ts'

/** `reconciling`: the first reconciliation after a start, before which launching could double a run. */
export type Phase = 'disconnected' | 'reconciling' | 'scheduling'

export type ChronosState = {
  readonly config: ChronosConfig
  readonly random: Random
  readonly jobs: Map<string, JobRecord>
  /** Names of the children of each job. */
  readonly children: Map<string, Set<string>>
  readonly runs: RunIndex
  phase: Phase
  frameworkId: string | undefined
  isConnected: boolean
  /** Runs whose fate the first reconciliation must tell before anything is launched. */
  readonly unknown: Set<string>
  isSuppressed: boolean
  /** How many revives may be made at once; it grows with time. */
  reviveCredit: { readonly count: number; readonly at: Millis }
}

export function createState(config: ChronosConfig, random: Random): ChronosState {
  return {
    config,
    random,
    jobs: new Map(),
    children: new Map(),
    runs: new RunIndex(),
    phase: 'disconnected',
    frameworkId: undefined,
    isConnected: false,
    unknown: new Set(),
    isSuppressed: false,
    reviveCredit: { count: reviveBurstMax, at: 0 },
  }
}

/** Runs of a job that have not ended, oldest first. */
export const activeRunsOf = (state: ChronosState, name: string): Run[] => state.runs.activeOf(name)

/** The job whose counters and children a run's end changes; undefined: it was deleted since. */
export const jobOfRun = (state: ChronosState, run: Run): JobRecord | undefined =>
  run.isOrphan === true ? undefined : state.jobs.get(run.job)
