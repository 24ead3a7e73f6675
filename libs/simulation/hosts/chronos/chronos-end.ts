/** What Chronos must have done once everything has been whole for a while. */
import type { ChronosState } from '@thermosphere/chronos-core'
import type { Millis } from '@thermosphere/effects'
import { checkSchedule } from '../../checkers/index.ts'
import type { JobDefinition, JobRun } from '../../checkers/index.ts'
import type { Memory } from '../../workload/memory.ts'
import { taskBehaviour } from '../agent/task-behaviour.ts'
import type { Report } from '../scheduler/report.ts'
import { isLaunchedRun } from './run-facts.ts'
import { timesOf } from './schedule-times.ts'

export type ChronosEnd = {
  readonly state: ChronosState
  readonly memory: Memory
  /** Ids of the framework's tasks whose processes run. */
  readonly running: ReadonlySet<string>
}

export function chronosProblems({ state, memory, running }: ChronosEnd, report: Report): void {
  for (const problem of memory.jobProblems(state)) report('acknowledged-changes-survive', problem)
  const owned = new Set([...state.runs.active.values()].map(({ taskId }) => taskId))
  for (const { taskId } of [...state.runs.active.values()].filter(isLaunchedRun))
    if (!running.has(taskId)) report('chronos-converges', `${taskId} is believed to run and does not`)
  for (const task of running) if (!owned.has(task)) report('no-orphan-tasks', `${task} runs and belongs to no run`)
}

export type Windows = {
  readonly state: ChronosState
  /** Launches of scheduled runs, retries aside. */
  readonly runs: readonly JobRun[]
  /** From here on every window must be satisfied. */
  readonly quietFrom: Millis
  readonly now: Millis
}

/** How late a run without epsilon may start when all is well. */
const latenessMs = 10_000

export function checkWindows({ state, runs, quietFrom, now }: Windows, report: Report): void {
  for (const name of state.jobs.keys()) checkCursor(state, { name, latest: Math.max(quietFrom, now) }, report)
  const definitions = [...state.jobs.keys()].flatMap((name) => definitionOf(state, name, quietFrom) ?? [])
  const outages = [{ fromAt: 0, untilAt: quietFrom }]
  const verdict = checkSchedule({ definitions, runs, outages, readAt: now, forgivenessMs: 5_000 })
  for (const { job, nominalAt } of verdict.missed)
    report('chronos-runs-every-window', `${job} did not run for ${Temporal.Instant.fromEpochMilliseconds(nominalAt)}`)
}

/** A schedule goes on with the first of its times that no clock has told yet. */
function checkCursor(state: ChronosState, { name, latest }: { name: string; latest: Millis }, report: Report): void {
  const { job, cursor } = state.jobs.get(name) ?? {}
  if (job?.trigger.type !== 'scheduled' || cursor?.at === undefined) return
  const times = timesOf(job.trigger.schedule.text)
  if (times !== undefined && cursor.at > Math.max(latest, times.startAt) + times.intervalMs)
    report(
      'chronos-runs-on-schedule',
      `${name} goes on only at ${Temporal.Instant.fromEpochMilliseconds(cursor.at).toString()}`,
    )
}

/**
 * Jobs whose every window must have a run: repeated for ever, enabled, shorter than their interval. Retries of one time
 * may take the window of the next.
 */
function definitionOf(state: ChronosState, name: string, quietFrom: Millis): JobDefinition | undefined {
  const job = state.jobs.get(name)?.job
  if (job === undefined || job.disabled || job.trigger.type !== 'scheduled') return undefined
  const { schedule, epsilonMs = latenessMs } = job.trigger
  const times = timesOf(schedule.text)
  const { runMs: durationMs, exitCode } = taskBehaviour(job.command)
  if (exitCode !== 0 && job.retries > 0) return undefined
  if (times === undefined || times.count !== undefined || durationMs * 2 > times.intervalMs) return undefined
  const passed = Math.max(0, Math.floor((quietFrom - times.startAt) / times.intervalMs))
  const { intervalMs } = times
  return { name, intervalMs, startAt: times.startAt + passed * times.intervalMs, epsilonMs, durationMs }
}
