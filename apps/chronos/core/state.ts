/** Everything the job framework knows. Mutated in place by `step`; read by the views. */
import type { Millis, Random } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import type { Defaults } from './job/parse-job.ts'
import type { Job } from './job/job.ts'
import type { Cursor } from './schedule/schedule.ts'

export type ChronosConfig = {
  readonly defaults: Defaults
  readonly user: string
  readonly role: string
  readonly failureRetryMs: Millis
  readonly disableAfterFailures: number
  readonly legacyRetryGate: boolean
  readonly declineSeconds: number | undefined
  readonly reconciliationIntervalMs: Millis
  readonly reviveIntervalMinMs: Millis
  readonly jobHistoryLimit: number
  readonly historyRunsMax: number
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

export type Cause = 'schedule' | 'parent' | 'manual' | 'retry'

/** A run that may still start or has not ended. */
export type ActiveRunState = 'delayed' | 'queued' | 'launching' | 'running'
export type EndedRunState = 'succeeded' | 'failed' | 'killed' | 'dropped' | 'missed'
export type RunState = ActiveRunState | EndedRunState

export type Run = {
  readonly id: string
  readonly job: string
  readonly cause: Cause
  /** Nominal time of a scheduled run, moment of firing of the others; part of the task id. */
  readonly dueAt: Millis
  readonly attempt: number
  readonly arguments: readonly string[]
  readonly taskId: string
  readonly queuedAt: Millis
  readonly highPriority: boolean
  /** Dropped when it has not launched by then. */
  readonly expiresAt: Millis | undefined
  state: RunState
  /** When a delayed run is queued. */
  startsAt?: Millis
  launchedAt?: Millis
  startedAt?: Millis
  endedAt?: Millis
  taskState?: mesos.TaskState
  agentId?: string
  agentHostname?: string
  /** Machine-readable, as in REASON_COMMAND_EXECUTOR_FAILED or `late`. */
  reason?: string
  message?: string
  exitCode?: number
  /** Elements that the task reported as processed. */
  elements?: number
  /** How many occurrences a `missed` record stands for. */
  occurrences?: number
  unreachableSince?: Millis
  killRequested?: boolean
  /** Why it waits: what the last offers lacked. Not stored. */
  waitsFor?: string
}

export const activeStates: ReadonlySet<RunState> = new Set(['delayed', 'queued', 'launching', 'running'])
export const isActive = (run: Run): boolean => activeStates.has(run.state)
/** Has a task at an agent, or may have one. */
export const isLaunched = (run: Run): boolean => run.state === 'launching' || run.state === 'running'

/** `waiting` for the first reconciliation after a start: launching before it could double a run. */
export type Phase = 'disconnected' | 'reconciling' | 'scheduling'

export type ChronosState = {
  readonly config: ChronosConfig
  readonly random: Random
  readonly jobs: Map<string, JobRecord>
  /** Runs that have not ended, by id, in order of queueing. */
  readonly active: Map<string, Run>
  /** Runs by task id, for status updates. */
  readonly byTask: Map<string, Run>
  /** Ended and missed runs of each job, oldest first. */
  readonly history: Map<string, Run[]>
  phase: Phase
  frameworkId: string | undefined
  isConnected: boolean
  /** Runs whose fate the first reconciliation must tell before anything is launched. */
  readonly unknown: Set<string>
  isSuppressed: boolean
  revivedAt: Millis
}

export function createState(config: ChronosConfig, random: Random): ChronosState {
  return {
    config,
    random,
    jobs: new Map(),
    active: new Map(),
    byTask: new Map(),
    history: new Map(),
    phase: 'disconnected',
    frameworkId: undefined,
    isConnected: false,
    unknown: new Set(),
    isSuppressed: false,
    revivedAt: Number.NEGATIVE_INFINITY,
  }
}

/** Runs of a job that have not ended, oldest first. */
export const activeRunsOf = (state: ChronosState, name: string): Run[] =>
  [...state.active.values()].filter((run) => run.job === name)
