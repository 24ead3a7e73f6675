/**
 * What must hold of Chronos whatever happens to it. Sees every launch that a leader has made durable and every status
 * that it was told, and keeps books of its own over all terms.
 */
import { isLaunchedRun } from './run-facts.ts'
import type { ChronosState, Command, Run } from '@thermosphere/chronos-core'
import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import type { JobRun } from '../../checkers/index.ts'
import type { JobDocument } from '../../workload/requests.ts'
import type { Report } from '../scheduler/report.ts'
import type { SchedulerCall } from '../scheduler/scheduler-connection.ts'
import { endStates } from '../scheduler/task-states.ts'
import { timesOf } from './schedule-times.ts'

type ReadKey = (key: string) => string | undefined
type Launch = { readonly run: string; readonly job: string }

/** Runs of one job that were launched, by what must be counted of them. */
type Counts = {
  readonly attempts: Map<number, Set<string>>
  readonly children: Set<string>
  readonly successes: Set<string>
}

/** Launches that nobody has seen and that cost no retry. */
const unconfirmedLaunchesMax = 3
/** Two runs of one time must not share a task id: the second would get one of the next milliseconds. */
const sameTimeMs = 10

export class ChronosWatch {
  readonly #report: Report
  readonly #launches = new Map<string, Launch>()
  readonly #told = new Map<string, mesos.TaskState>()
  readonly #wasUnreachable = new Set<string>()
  /** Their offers were gone: the master started nothing. */
  readonly #refused = new Set<string>()
  /** By job, the run of each time. */
  readonly #occurrences = new Map<string, Map<number, string>>()
  readonly #counts = new Map<string, Counts>()
  /** The longest of each job's definitions. */
  readonly #epsilonMs = new Map<string, Millis>()
  /** The most of each job's definitions. */
  readonly #retries = new Map<string, number>()
  readonly #schedules = new Map<string, Set<string>>()
  readonly scheduled: JobRun[] = []

  constructor(report: Report) {
    this.#report = report
  }

  /** A client asks for this schedule; whether it is accepted is seen later. */
  onAsked({ name, schedule, epsilon, retries }: JobDocument): void {
    this.#retries.set(name, Math.max(this.#retries.get(name) ?? 0, retries))
    if (schedule === undefined) return
    const epsilonMs = epsilon === undefined ? Infinity : Temporal.Duration.from(epsilon).total('milliseconds')
    this.#epsilonMs.set(name, Math.max(this.#epsilonMs.get(name) ?? 0, epsilonMs))
    this.#schedules.set(name, (this.#schedules.get(name) ?? new Set()).add(schedule))
  }

  /** About to be carried out: a sequence that has run out begins anew when it is posted again, and so do its times. */
  onCommand(state: ChronosState, command: Command): void {
    if (command.type !== 'put-job') return
    const { name } = command.document as { readonly name: string }
    if (state.jobs.get(name)?.left === 0) this.#occurrences.delete(name)
  }

  /** A leader has loaded its state: launches that were stored and perhaps never told count as well. */
  onTerm(state: ChronosState): void {
    for (const run of state.runs.active.values()) if (isLaunchedRun(run)) this.#count(state, run)
  }

  onStatus({ task_id, state, reason }: mesos.TaskStatus): void {
    if (reason === 'REASON_INVALID_OFFERS') this.#refused.add(task_id.value)
    const before = this.#told.get(task_id.value)
    if (before !== undefined && endStates.has(before)) return
    // The answer may be about a launch before, which was refused.
    if (before === undefined && reason === 'REASON_RECONCILIATION' && endStates.has(state)) return
    this.#told.set(task_id.value, state)
    if (state === 'TASK_UNREACHABLE') this.#wasUnreachable.add(task_id.value)
    const launch = this.#launches.get(task_id.value)
    if (launch !== undefined && state === 'TASK_FINISHED') this.#of(launch.job).successes.add(launch.run)
  }

  /** What it tells the master, once that is durable. */
  onCall(state: ChronosState, call: SchedulerCall, { now, stored }: { now: Millis; stored: ReadKey }): void {
    for (const operation of call.accept?.operations ?? [])
      for (const { task_id } of operation.launch?.task_infos ?? []) {
        const run = state.runs.byTask.get(task_id.value)
        if (run === undefined) this.#report('launch-stored-before-accept', `${task_id.value} is no task of a run`)
        else this.#onLaunch(state, run, { now, stored })
      }
  }

  #onLaunch(state: ChronosState, run: Run, { now, stored }: { now: Millis; stored: ReadKey }): void {
    const { id, job, taskId, dueAt, attempt } = run
    const record = stored(`runs/${encodeURIComponent(job)}/${id}`)
    if (record === undefined || /"state":"(queued|delayed)"/.test(record))
      this.#report('launch-stored-before-accept', `the launch of ${taskId} is not in the store`)
    const definition = state.jobs.get(job)?.job
    const mayOverlap = definition === undefined || definition.concurrent || definition.overlapPolicy === 'allow'
    if (!mayOverlap) this.#checkOverlap(run)
    if (this.#launches.has(taskId) && !this.#refused.delete(taskId))
      this.#report('chronos-launches-once', `${taskId} is launched a second time`)
    this.#launches.set(taskId, { run: id, job })
    // A launch that was refused is made again under its id.
    this.#told.delete(taskId)
    if (run.cause === 'schedule') {
      this.#checkTimes(run)
      this.scheduled.push({ job, taskId, nominalAt: dueAt, attempt, startAt: now, endAt: now + 1 })
    }
    this.#count(state, run)
  }

  #checkTimes({ id, job, dueAt, attempt, launchedAt = 0 }: Run): void {
    const runs = this.#occurrences.get(job) ?? new Map<number, string>()
    const slot = Math.floor(dueAt / sameTimeMs)
    const known = runs.get(slot) ?? id
    this.#occurrences.set(job, runs.set(slot, known))
    if (known !== id) this.#report('chronos-at-most-once', `${job} runs twice for ${time(dueAt)}: ${known} and ${id}`)
    // Another attempt may start later: the first was in time.
    if (attempt === 0 && launchedAt > dueAt + (this.#epsilonMs.get(job) ?? Infinity))
      this.#report('chronos-starts-within-epsilon', `${job} of ${time(dueAt)} starts at ${time(launchedAt)}`)
    const schedules = [...(this.#schedules.get(job) ?? [])]
    if (schedules.length > 0 && !schedules.some((schedule) => isTimeOf(schedule, dueAt)))
      this.#report('chronos-runs-on-schedule', `${job} runs for ${time(dueAt)}, which is no time of its schedule`)
  }

  #checkOverlap({ job, taskId }: Run): void {
    for (const [other, launch] of this.#launches) {
      const told = this.#told.get(other)
      const mayRun = told === 'TASK_STAGING' || told === 'TASK_STARTING' || told === 'TASK_RUNNING'
      // One that could not be reached for long was given up.
      if (launch.job !== job || other === taskId || !mayRun || this.#wasUnreachable.has(other)) continue
      this.#report('chronos-no-overlap', `${taskId} starts while ${other} is ${told}`)
    }
  }

  #count(state: ChronosState, run: Run): void {
    const { attempts, children } = this.#of(run.job)
    const ofAttempt = (attempts.get(run.attempt) ?? new Set()).add(run.id)
    attempts.set(run.attempt, ofAttempt)
    const before = attempts.get(run.attempt - 1)?.size ?? 0
    if (run.attempt > 0 && ofAttempt.size > before)
      this.#report('chronos-retries-bounded', `${run.job}: ${ofAttempt.size} attempts ${run.attempt} after ${before}`)
    const most = this.#mostAttempts(run.job)
    if (run.attempt >= most) this.#report('chronos-retries-bounded', `${run.taskId} is beyond ${most} attempts`)
    if (run.cause !== 'parent') return
    children.add(run.id)
    const { trigger } = state.jobs.get(run.job)?.job ?? {}
    if (trigger?.type !== 'dependent') return
    const least = Math.min(...trigger.parents.map((parent) => this.#of(parent).successes.size))
    if (children.size > least)
      this.#report(
        'chronos-child-runs-once-a-generation',
        `${run.job} runs ${children.size} times, one of its parents has succeeded ${least} times`,
      )
  }

  /** Launches of one time of a job; one alone where nothing may be tried again. */
  #mostAttempts(job: string): number {
    const retries = this.#retries.get(job) ?? Infinity
    return retries === 0 ? 1 : 1 + retries + unconfirmedLaunchesMax
  }

  #of(job: string): Counts {
    const known = this.#counts.get(job)
    if (known !== undefined) return known
    const counts: Counts = { attempts: new Map(), children: new Set(), successes: new Set() }
    this.#counts.set(job, counts)
    return counts
  }
}

const time = (at: Millis): string => Temporal.Instant.fromEpochMilliseconds(at).toString()

/** Schedules whose times are not known here take every time. */
function isTimeOf(schedule: string, at: Millis): boolean {
  const times = timesOf(schedule)
  if (times === undefined) return true
  const since = at - times.startAt
  return since >= 0 && since % times.intervalMs < sameTimeMs
}
