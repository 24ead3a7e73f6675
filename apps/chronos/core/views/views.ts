/** What the read endpoints show, straight from memory. */
import type { Dialect } from '../job/job-view.ts'
import { jobView, listedJobView, triggerFields } from '../job/job-view.ts'
import { parentsOf } from '../job/job.ts'
import type { Job } from '../job/job.ts'
import { upcoming } from '../schedule/schedule.ts'
import { activeRunsOf, isLaunched } from '../state.ts'
import type { ChronosState, JobRecord, Run } from '../state.ts'

const byName = (a: JobRecord, b: JobRecord): number => (a.job.name < b.job.name ? -1 : 1)
const sorted = (state: ChronosState): JobRecord[] => [...state.jobs.values()].sort(byName)

export const listJobs = (state: ChronosState, dialect: Dialect): object[] =>
  sorted(state).map((record) => listedJobView(record, dialect))

export const showJob = (state: ChronosState, name: string, dialect: Dialect): object | undefined => {
  const record = state.jobs.get(name)
  return record === undefined ? undefined : jobView(record, dialect)
}

export type Search = {
  readonly name?: string
  readonly command?: string
  readonly any?: string
  /** `key` or `key:value`. */
  readonly label?: string
  readonly limit: number
  readonly offset: number
}

function hasLabel({ labels }: Job, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  const [key = '', ...value] = wanted.split(':')
  const given = labels?.[key]
  return given !== undefined && (value.length === 0 || given === value.join(':'))
}

export function searchJobs(state: ChronosState, search: Search, dialect: Dialect): object[] {
  const has = (text: string, part: string | undefined): boolean =>
    part === undefined || text.toLowerCase().includes(part.toLowerCase())
  const found = sorted(state).filter(
    ({ job }) =>
      hasLabel(job, search.label) &&
      has(job.name, search.name) &&
      has(job.command, search.command) &&
      (has(job.name, search.any) || has(job.command, search.any)),
  )
  return found.slice(search.offset, search.offset + search.limit).map((record) => jobView(record, dialect))
}

export const statusOf = ({ job }: JobRecord): 'fresh' | 'success' | 'failure' => {
  if (job.lastSuccess === '' && job.lastError === '') return 'fresh'
  return job.lastError === '' || job.lastSuccess > job.lastError ? 'success' : 'failure'
}

export function stateOf(state: ChronosState, name: string): string {
  const runs = activeRunsOf(state, name)
  const running = runs.filter(isLaunched).length
  if (running > 0) return `${running} running`
  return runs.some((run) => run.state === 'queued') ? 'queued' : 'idle'
}

export const summarize = (state: ChronosState): object => ({
  jobs: sorted(state).map((record) => {
    const { job } = record
    const { schedule } = triggerFields(record) as { schedule?: string }
    return {
      name: job.name,
      status: statusOf(record),
      state: stateOf(state, job.name),
      schedule: schedule ?? '',
      parents: parentsOf(job),
      disabled: job.disabled,
    }
  }),
})

/** Labels of DOT are quoted; names hold no quotes. */
export function graphDot(state: ChronosState): string {
  const records = sorted(state)
  const number = new Map(records.map(({ job }, index) => [job.name, index + 1]))
  const nodes = records.map(({ job }) => `  ${number.get(job.name)} [ label="${job.name}" ];`)
  const edges = records.flatMap(({ job }) =>
    parentsOf(job).map((parent) => `  ${number.get(parent)} -> ${number.get(job.name)};`),
  )
  return ['digraph G {', ...nodes, ...edges, '}', ''].join('\n')
}

export function graphCsv(state: ChronosState, dialect: Dialect): string {
  const word = (name: string): string => {
    const text = stateOf(state, name)
    return dialect === '2' ? text.replace(/^\d+ /, '') : text
  }
  const records = sorted(state)
  const nodes = records.map((record) => `node,${record.job.name},${statusOf(record)},${word(record.job.name)}`)
  const links = records.flatMap(({ job }) => parentsOf(job).map((parent) => `link,${parent},${job.name}`))
  return [...nodes, ...links].map((line) => `${line}\n`).join('')
}

const isoText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : Temporal.Instant.fromEpochMilliseconds(ms).toString()

const withoutUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))

/** A run with everything an operator asks about it; times as ISO 8601. */
export function runView(state: ChronosState, run: Run): object {
  return withoutUndefined({
    id: run.id,
    job: run.job,
    taskId: run.taskId === '' ? undefined : run.taskId,
    attempt: run.attempt,
    unconfirmed: run.unconfirmed?.map((launch) => ({ ...launch, launchedAt: isoText(launch.launchedAt) })),
    cause: run.cause,
    state: run.state,
    taskState: run.taskState,
    arguments: run.arguments,
    scheduledAt: isoText(run.dueAt),
    queuedAt: isoText(run.queuedAt),
    startsAt: isoText(run.startsAt),
    launchedAt: isoText(run.launchedAt),
    startedAt: isoText(run.startedAt),
    finishedAt: isoText(run.endedAt),
    exitCode: run.exitCode,
    reason: run.reason,
    message: run.message,
    waitsFor: run.state === 'queued' ? (run.waitsFor ?? 'no offer has come yet') : undefined,
    agentId: run.agentId,
    agentHostname: run.agentHostname,
    frameworkId: state.frameworkId,
    executorId: run.taskId === '' ? undefined : run.taskId,
    elements: run.elements,
    occurrences: run.occurrences,
  })
}

/** Active runs first, then the ended ones, each newest first. */
export const runsOf = (state: ChronosState, name: string): Run[] => [
  ...activeRunsOf(state, name).reverse(),
  ...state.runs.endedOf(name).toReversed(),
]

export const findRun = (state: ChronosState, id: string): Run | undefined => state.runs.find(id)

export const queueView = (state: ChronosState): object => ({
  queue: [...state.runs.active.values()]
    .filter((run) => run.state === 'queued' || run.state === 'delayed')
    .map((run) => runView(state, run)),
})

export function nextRuns(state: ChronosState, name: string, count: number): string[] | undefined {
  const record = state.jobs.get(name)
  if (record === undefined) return undefined
  const { trigger } = record.job
  if (trigger.type === 'dependent') return []
  return upcoming(trigger.schedule, record.cursor, { count, left: record.left }).map((ms) => isoText(ms) ?? '')
}

export function queueSizes({ runs }: ChronosState): { readonly high: number; readonly normal: number } {
  const high = [...runs.queued].filter((run) => run.highPriority).length
  return { high, normal: runs.queued.size - high }
}
