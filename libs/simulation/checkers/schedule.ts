/**
 * Whether a scheduler of jobs kept its promise: each window that had to be satisfied has a run of its own, and no time
 * was run twice. Runs are points and windows are intervals, so taking for each run, in order of start, the open window
 * that closes first is a maximum matching.
 */

/** From `fromAt` to `untilAt`, both in milliseconds since the epoch. */
export type Interval = { readonly fromAt: number; readonly untilAt: number }

/** What a client was told to be accepted. A changed job is another definition under the same name. */
export type JobDefinition = {
  readonly name: string
  readonly startAt: number
  readonly intervalMs: number
  /** How many times in total; undefined repeats for ever. */
  readonly count?: number
  /** How long after its time a run may begin. */
  readonly epsilonMs: number
  /** How long a run takes. */
  readonly durationMs: number
  /** Since when it no longer counts: deleted, paused or replaced. */
  readonly untilAt?: number
}

/** What a run wrote about itself. */
export type JobRun = {
  readonly job: string
  readonly taskId: string
  /** For which time of the schedule it ran, if it knew. */
  readonly nominalAt?: number
  /** 0, and more for retries of the same time. */
  readonly attempt?: number
  readonly startAt: number
  /** Absent: it began and nobody saw its end. */
  readonly endAt?: number
}

export type ScheduleHistory = {
  readonly definitions: readonly JobDefinition[]
  readonly runs: readonly JobRun[]
  /** While something was broken, and until it had to be whole again: windows that touch one need no run. */
  readonly outages: readonly Interval[]
  /** When the runs were collected: windows that end later are not judged. */
  readonly readAt: number
  /** How much later than epsilon still counts, told apart as late. */
  readonly forgivenessMs: number
}

export type Window = { readonly job: string; readonly nominalAt: number; readonly closesAt: number }
export type Doubled = { readonly job: string; readonly nominalAt: number; readonly taskIds: readonly string[] }

export type ScheduleVerdict = {
  readonly isValid: boolean
  /** Windows that had to be satisfied. */
  readonly required: number
  /** Of those, windows with a run of their own. */
  readonly satisfied: number
  /** Of those, satisfied only within the forgiveness. */
  readonly late: number
  /** Windows that touch an outage. */
  readonly excused: number
  readonly missed: readonly Window[]
  readonly doubled: readonly Doubled[]
  /** Complete runs that belong to no window. */
  readonly extra: readonly JobRun[]
  readonly incomplete: readonly JobRun[]
}

type Target = Window & { readonly deadlineAt: number; readonly isRequired: boolean }

const touches = (outages: readonly Interval[], fromAt: number, untilAt: number): boolean =>
  outages.some((outage) => outage.fromAt <= untilAt && fromAt <= outage.untilAt)

function targetsOf(definition: JobDefinition, history: ScheduleHistory): Target[] {
  const { name, startAt, intervalMs, epsilonMs, durationMs } = definition
  const targets: Target[] = []
  for (let index = 0; index < (definition.count ?? Number.POSITIVE_INFINITY); index += 1) {
    const nominalAt = startAt + index * intervalMs
    const closesAt = nominalAt + epsilonMs
    const deadlineAt = closesAt + history.forgivenessMs
    if (deadlineAt + durationMs >= history.readAt) break
    // A window that was open when the job was changed may end either way.
    if (nominalAt >= (definition.untilAt ?? Number.POSITIVE_INFINITY)) break
    const isSettled = deadlineAt < (definition.untilAt ?? Number.POSITIVE_INFINITY)
    const isRequired = isSettled && !touches(history.outages, nominalAt, deadlineAt)
    targets.push({ job: name, nominalAt, closesAt, deadlineAt, isRequired })
  }
  return targets
}

type Matching = { readonly pairs: readonly (readonly [Target, JobRun])[]; readonly extra: readonly JobRun[] }

/**
 * Both in order of time. A run that names its time serves that one, so that what is missed is told by its right name.
 * Of the others, a window that must be satisfied is served before one that is excused.
 */
function matchRuns(targets: readonly Target[], runs: readonly JobRun[]): Matching {
  const pairs: [Target, JobRun][] = []
  let left = matchNamed(targets, runs, pairs)
  for (const isRequired of [true, false]) {
    const taken = new Set(pairs.map(([target]) => target))
    const open = targets.filter((target) => target.isRequired === isRequired && !taken.has(target))
    left = matchBy(open, left, pairs)
  }
  return { pairs, extra: left }
}

/** Resolves to the runs that do not start in the window they name. */
function matchNamed(targets: readonly Target[], runs: readonly JobRun[], pairs: [Target, JobRun][]): JobRun[] {
  const byTime = new Map(targets.map((target) => [target.nominalAt, target]))
  return runs.filter((run) => {
    const target = run.nominalAt === undefined ? undefined : byTime.get(run.nominalAt)
    if (target === undefined || run.startAt < target.nominalAt || run.startAt > target.deadlineAt) return true
    byTime.delete(target.nominalAt)
    pairs.push([target, run])
    return false
  })
}

/** Resolves to the runs that found no window. */
function matchBy(targets: readonly Target[], runs: readonly JobRun[], pairs: [Target, JobRun][]): JobRun[] {
  const extra: JobRun[] = []
  let open: Target[] = []
  let next = 0
  for (const run of runs) {
    for (; (targets[next]?.nominalAt ?? Number.POSITIVE_INFINITY) <= run.startAt; next += 1) {
      const target = targets[next]
      if (target !== undefined) open.push(target)
    }
    open = open.filter(({ deadlineAt }) => deadlineAt >= run.startAt).sort((a, b) => a.deadlineAt - b.deadlineAt)
    const target = open.shift()
    if (target === undefined) extra.push(run)
    else pairs.push([target, run])
  }
  return extra
}

/** Runs of one time and attempt under more than one task. */
function findDoubled(runs: readonly JobRun[]): Doubled[] {
  const known = runs.flatMap((run) => (run.nominalAt === undefined ? [] : [{ ...run, nominalAt: run.nominalAt }]))
  const groups = Map.groupBy(known, ({ job, nominalAt, attempt }) => `${nominalAt} ${attempt ?? 0} ${job}`)
  return [...groups.values()].flatMap((group) => {
    const taskIds = group.map(({ taskId }) => taskId).sort()
    const [first] = group
    return first !== undefined && group.length > 1 ? [{ job: first.job, nominalAt: first.nominalAt, taskIds }] : []
  })
}

/** The checker of the Jepsen test of Chronos, and the promise it left out: no time is run twice. */
export function checkSchedule(history: ScheduleHistory): ScheduleVerdict {
  const byStart = history.runs.toSorted((a, b) => a.startAt - b.startAt)
  const complete = Map.groupBy(
    byStart.filter(({ endAt }) => endAt !== undefined),
    ({ job }) => job,
  )
  const definitions = Map.groupBy(history.definitions, ({ name }) => name)
  const judged = [...new Set([...definitions.keys(), ...complete.keys()])].map((job) => {
    const targets = (definitions.get(job) ?? [])
      .flatMap((definition) => targetsOf(definition, history))
      .sort((a, b) => a.nominalAt - b.nominalAt)
    return { targets, ...matchRuns(targets, complete.get(job) ?? []) }
  })
  const targets = judged.flatMap((one) => one.targets)
  const pairs = judged.flatMap((one) => one.pairs)
  const matched = new Set(pairs.map(([target]) => target))
  const required = targets.filter(({ isRequired }) => isRequired)
  const missed = required
    .filter((target) => !matched.has(target))
    .map(({ job, nominalAt, closesAt }) => ({ job, nominalAt, closesAt }))
  const doubled = findDoubled(byStart)
  return {
    isValid: missed.length === 0 && doubled.length === 0,
    required: required.length,
    satisfied: required.length - missed.length,
    late: pairs.filter(([target, run]) => target.isRequired && run.startAt > target.closesAt).length,
    excused: targets.length - required.length,
    missed,
    doubled,
    extra: judged.flatMap((one) => one.extra).filter(({ startAt }) => startAt < history.readAt),
    incomplete: byStart.filter(({ endAt }) => endAt === undefined),
  }
}
