/** One run of a job: its cause, where it stands, and how it ended. */
import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'

export type Cause = 'schedule' | 'parent' | 'manual' | 'retry'

/** A run that may still start or has not ended. */
export type ActiveRunState = 'delayed' | 'queued' | 'launching' | 'running'
export type EndedRunState = 'succeeded' | 'failed' | 'killed' | 'dropped' | 'missed'
export type RunState = ActiveRunState | EndedRunState

/** A launch of which nobody knows whether its task ever began. */
export type UnconfirmedLaunch = {
  readonly taskId: string
  readonly attempt: number
  readonly launchedAt: Millis
  readonly agentId?: string
  readonly agentHostname?: string
}

export type Run = {
  readonly id: string
  readonly job: string
  readonly cause: Cause
  /** Nominal time of a scheduled run, moment of firing of the others; part of the task id. */
  readonly dueAt: Millis
  /** How many launches of this run and of those that it retries came before; part of the task id. */
  attempt: number
  /** How many failed runs came before. */
  readonly retryCount: number
  readonly arguments: readonly string[]
  taskId: string
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
  /** Earlier launches of this run, oldest first. */
  unconfirmed?: readonly UnconfirmedLaunch[]
  killRequested?: boolean
  /** It is being killed because it ran longer than `maxCompletionTime`. */
  isOvertime?: boolean
  /** Its job was deleted: it changes no counters, also not those of a new job of that name. */
  isOrphan?: boolean
  /** When the master was last asked about it since its launch. Not stored. */
  askedAt?: Millis
  /** Why it waits: what the last offers lacked. Not stored. */
  waitsFor?: string
}

const activeStates: ReadonlySet<RunState> = new Set(['delayed', 'queued', 'launching', 'running'])
export const isActive = (run: Run): boolean => activeStates.has(run.state)
/** Has a task at an agent, or may have one, or is an async run that waits for its callback. */
export const isLaunched = (run: Run): boolean => run.state === 'launching' || run.state === 'running'
/** The process of an async job has finished; only a callback tells how the work ended. */
export const awaitsCallback = (run: Run): boolean => run.state === 'running' && run.taskState === 'TASK_FINISHED'

/** A number that no launch of this run and of those that it retries has had. */
export const nextAttempt = ({ attempt, unconfirmed = [] }: Run): number =>
  Math.max(attempt, ...unconfirmed.map((launch) => launch.attempt)) + 1
