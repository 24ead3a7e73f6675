/** A client of Chronos: definitions come and go, and a few jobs run every few seconds. */
import { Caller } from './caller.ts'
import { Definitions, keptJob, smallJob } from './definitions.ts'
import { Pace } from './history.ts'
import type { Load, LoadOptions } from './history.ts'

export type JobsOptions = LoadOptions & {
  readonly urls: readonly string[]
  readonly schedule: {
    readonly jobs: number
    readonly intervalSeconds: number
    readonly epsilonSeconds: number
    readonly durationSeconds: number
  }
}

type Job = { readonly name: string; readonly description?: string }
type Run = {
  readonly state: string
  readonly scheduledAt: string
  readonly occurrences?: number
  readonly reason?: string
  readonly message?: string
}
/** What Chronos tells of a time of a job: how its last run stands, and why. */
export type Told = { readonly state: string; readonly why: string }
type Summary = { readonly jobs: readonly { readonly name: string; readonly state: string }[] }

const scheduler = '/v1/scheduler'
const startDelayMs = 3_000

export class ChronosLoad implements Load {
  readonly #options: JobsOptions
  readonly #caller: Caller
  readonly #pace: Pace
  readonly #definitions: Definitions
  #scheduled = 0
  #isStopped = false

  constructor(options: JobsOptions) {
    this.#options = options
    this.#caller = new Caller(options.urls)
    const { history, random } = options
    this.#definitions = new Definitions({
      history,
      random,
      caller: this.#caller,
      nameOf: (count) => `kept-${count}`,
      create: keptJob,
      remove: (name) => ({
        subject: `job ${name}`,
        value: undefined,
        method: 'DELETE',
        path: `${scheduler}/job/${name}`,
      }),
    })
    this.#pace = new Pace(options.everyMs, () =>
      this.#scheduled < options.schedule.jobs ? this.#addScheduled() : this.#definitions.change(),
    )
  }

  /** Known to be there from here on, or not asked for again: an unknown outcome promises nothing. */
  async #addScheduled(): Promise<void> {
    const { history, record, schedule } = this.#options
    const { intervalSeconds, epsilonSeconds, durationSeconds } = schedule
    const name = `tick-${this.#scheduled + 1}`
    const startAt = Date.now() + startDelayMs
    const run = `${durationSeconds} ${name} $CHRONOS_JOB_RUN_TIME $CHRONOS_JOB_RUN_ATTEMPT`
    const body = {
      ...smallJob,
      name,
      schedule: `R/${new Date(startAt).toISOString()}/PT${intervalSeconds}S`,
      epsilon: `PT${epsilonSeconds}S`,
      command: `exec ${record.script} run ${run}`,
      description: 'scheduled',
    }
    const request = {
      subject: `job ${name}`,
      value: body.description,
      method: 'POST',
      path: `${scheduler}/iso8601`,
      body,
    }
    const { outcome } = await history.write(this.#caller, request)
    if (outcome !== 'refused') this.#scheduled += 1
    if (outcome !== 'acknowledged') return
    history.definitions.push({
      name,
      startAt,
      intervalMs: intervalSeconds * 1000,
      epsilonMs: epsilonSeconds * 1000,
      durationMs: durationSeconds * 1000,
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#pace.stop()
  }

  /** Before the end it is at rest when it answers; its jobs go on. */
  async unsettled(): Promise<string | undefined> {
    const summary = await this.#caller.read<Summary>(`${scheduler}/jobs/summary`)
    if (summary === undefined) return 'Chronos does not answer'
    return this.#isStopped ? undefined : 'Chronos is still being asked'
  }

  async final(): Promise<Map<string, string> | undefined> {
    const jobs = await this.#caller.read<Job[]>(`${scheduler}/jobs`)
    return jobs && new Map(jobs.map(({ name, description }) => [`job ${name}`, description ?? '']))
  }

  /** What Chronos tells of the times of the scheduled jobs, by `name time`. */
  async told(): Promise<Map<string, Told>> {
    const told = new Map<string, Told>()
    for (const { name, intervalMs } of this.#options.history.definitions) {
      const runs = (await this.#caller.read<{ runs: Run[] }>(`${scheduler}/job/${name}/runs?limit=1000`))?.runs ?? []
      for (const { state, scheduledAt, occurrences = 1, reason = '', message = '' } of runs) {
        const firstAt = Date.parse(scheduledAt)
        for (let k = 0; k < occurrences; k += 1) {
          told.set(`${name} ${firstAt + k * intervalMs}`, { state, why: `${reason} ${message}` })
        }
      }
    }
    return told
  }
}
