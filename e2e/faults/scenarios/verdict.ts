/** Waits until the cluster has come to rest, and judges what was recorded. */
import { eventually } from '@thermosphere/test-kit'
import { checkCapacity, checkSchedule, checkTasks, checkWrites } from '@thermosphere/simulation'
import type { InstanceLife, Interval, JobRun } from '@thermosphere/simulation'
import type { Fleet } from '../parts/index.ts'
import { liveApp } from '../workload/index.ts'
import type { Line, Workload } from '../workload/index.ts'

export type Judged = {
  readonly counts: Readonly<Record<string, number>>
  /** What was broken of what is promised; empty is right. */
  readonly violations: readonly string[]
  readonly restMs: number
}

export type JudgeOptions = {
  readonly fleet: Fleet
  readonly workload: Workload
  readonly outages: readonly Interval[]
  /** In these a time of a job that was not run is right as long as Chronos says so. */
  readonly passedOver: readonly Interval[]
  readonly forgivenessMs: number
  /** As `passedOver`, always: with no moment between faults. */
  readonly mayTellMissed: boolean
  readonly restMsMax: number
  readonly say: (line: string) => void
}

const toRun = (start: Line, end: Line | undefined): JobRun => ({
  job: start.of,
  taskId: start.taskId,
  startAt: start.at,
  ...(start.nominalAt !== undefined && { nominalAt: start.nominalAt }),
  ...(start.attempt !== undefined && { attempt: start.attempt }),
  ...(end !== undefined && { endAt: end.at }),
})

function runsOf(lines: readonly Line[]): JobRun[] {
  const ends = new Map(lines.filter(({ event }) => event === 'end').map((line) => [line.process, line]))
  return lines
    .filter(({ event, of }) => event === 'start' && of.startsWith('tick-'))
    .map((start) => toRun(start, ends.get(start.process)))
}

/** `live_web.instance-<uuid>._app.2` is the second start of one instance. */
const placeOf = (taskId: string): string => taskId.replace(/\.\d+$/, '')

/**
 * A process that is gone and was never told to end was destroyed: its agent died before it had written it down. When is
 * not known; at the latest before the next start in its place, and without one it is taken to have ended at once.
 */
function livesOf(lines: readonly Line[], living: ReadonlySet<string>): InstanceLife[] {
  const terms = new Map(lines.filter(({ event }) => event === 'term').map((line) => [line.process, line.at]))
  const starts = lines.filter(({ event, of }) => event === 'start' && of === liveApp)
  return starts.map((start): InstanceLife => {
    const { taskId, process, at } = start
    const killedAt = terms.get(process)
    const life = { app: liveApp, id: taskId, activeAt: at, healthyAt: at }
    if (killedAt !== undefined) return { ...life, killedAt, endedAt: killedAt }
    if (living.has(taskId)) return life
    const next = starts.find((other) => other.at > at && placeOf(other.taskId) === placeOf(taskId))
    return { ...life, endedAt: next === undefined ? at : next.at - 1 }
  })
}

/** Instances that run although Marathon knows nothing of them, and the other way round. */
async function strays(workload: Workload): Promise<string[]> {
  const known = await workload.marathon.taskIds()
  const running = [...new Set(workload.record.livingServices())]
  const orphans = running.filter((id) => !known.includes(id)).map((id) => `${id} runs and Marathon does not know it`)
  return [...orphans, ...known.filter((id) => !running.includes(id)).map((id) => `${id} is known and does not run`)]
}

/** Resolves with the reasons why it is not at rest, none when it is. */
async function waitForRest({ workload, restMsMax, say }: JudgeOptions): Promise<string[]> {
  let reasons = ['nobody has looked yet']
  let told = ''
  const isAtRest = async (): Promise<boolean> => {
    reasons = await workload.unsettled()
    if (reasons.length === 0) reasons = await strays(workload)
    if (reasons.join('; ') !== told) say(`waiting: ${(told = reasons.join('; '))}`)
    return reasons.length === 0
  }
  await eventually('the cluster is at rest', isAtRest, restMsMax).catch(() => undefined)
  return reasons
}

/** With an epsilon that is shorter than an outage, or without retries, these are right answers; silence never is. */
const toldStates: ReadonlySet<string> = new Set(['missed', 'dropped', 'failed'])

const isWithin = ({ fromAt, untilAt }: Interval, at: number): boolean => fromAt <= at && at <= untilAt

const show = (value: unknown): string => JSON.stringify(value)

export async function judge(options: JudgeOptions): Promise<Judged> {
  const { fleet, workload, outages, passedOver, forgivenessMs, mayTellMissed } = options
  const { history } = workload
  await workload.stop()
  const stoppedAt = Date.now()
  const unrest = await waitForRest(options)
  const restMs = Date.now() - stoppedAt
  const final = await eventually('all answer in the end', () => workload.final())
  const lines = workload.record.lines()
  const readAt = Date.now()

  const asked = history.writes.filter(({ subject }) => subject !== '')
  const writes = checkWrites(asked, final)
  const starts = lines.filter(({ event }) => event === 'start')
  const tasks = checkTasks(starts, history.reports)
  const { definitions, versions } = history
  const schedule = checkSchedule({ definitions, runs: runsOf(lines), outages, readAt, forgivenessMs })
  const tellings = await workload.chronos.told()
  const missed = schedule.missed.map((window) => ({
    ...window,
    told: tellings.get(`${window.job} ${window.nominalAt}`),
  }))
  const mayTell = (at: number): boolean => mayTellMissed || passedOver.some((one) => isWithin(one, at))
  const silent = missed.filter(({ nominalAt, told }) => !(mayTell(nominalAt) && toldStates.has(told?.state ?? '')))
  const count = (state: string): number => missed.filter((window) => window.told?.state === state).length
  const capacity = checkCapacity({ versions, instances: livesOf(lines, new Set(workload.record.livingServices())) })
  // What nobody can reach runs on beside its replacement until it is found again.
  const breaches = capacity.breaches.filter(({ at }) => !outages.some((one) => isWithin(one, at)))
  const violations = [
    ...unrest.map((reason) => `not at rest after ${restMs} ms: ${reason}`),
    ...writes.wrong.map((wrong) => `an acknowledged write is lost: ${show(wrong)}`),
    ...tasks.doubled.map((double) => `a task was started twice: ${show(double)}`),
    ...tasks.ambiguous.map((two) => `a task came to two ends: ${show(two)}`),
    ...tasks.risen.map((taskId) => `a task ran after its end: ${taskId}`),
    ...silent.map((window) => `a time of a job was missed: ${show(window)}`),
    ...schedule.doubled.map((double) => `a time of a job was run twice: ${show(double)}`),
    ...breaches.map((breach) => `an upgrade left its bounds: ${show(breach)}`),
    ...fleet.parts.flatMap(({ spec, crashes }) => crashes.map((how) => `${spec.name} ended by itself: ${how}`)),
  ]
  const counts = {
    'writes acknowledged': writes.acknowledged,
    'writes refused': writes.refused,
    'writes of unknown outcome': writes.unknown,
    'tasks started': tasks.started,
    'tasks started twice': tasks.doubled.length,
    'plain tasks ended': tasks.ended,
    'job windows required': schedule.required,
    'job windows satisfied': schedule.satisfied,
    'job windows not run and told as missed': count('missed') + count('dropped'),
    'job windows not run and told as failed': count('failed'),
    'job windows excused': schedule.excused,
    'job times run twice': schedule.doubled.length,
    'instances started': capacity.starts,
    'instances killed by upgrades': capacity.kills,
    'capacity breaches': breaches.length,
    'beyond capacity during a partition': capacity.breaches.length - breaches.length,
  }
  return { counts, violations, restMs }
}
