/** The cluster's Chronos, as its clients see it. */
import { z } from 'zod'
import type { Asker } from './asker.ts'

const jobSchema = z.looseObject({
  name: z.string(),
  schedule: z.string().optional(),
  disabled: z.boolean(),
  successCount: z.number(),
  errorCount: z.number(),
})
const runSchema = z.looseObject({
  id: z.string(),
  attempt: z.number(),
  cause: z.string(),
  state: z.string(),
  scheduledAt: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
})
export type JobView = z.infer<typeof jobSchema>
export type RunView = z.infer<typeof runSchema>

const jobs = '/v1/scheduler'

export class ChronosClient {
  readonly #asker: Asker
  constructor(asker: Asker) {
    this.#asker = asker
  }

  job(name: string): Promise<JobView> {
    return this.#asker.ask('chronos', `${jobs}/job/${name}`, jobSchema)
  }

  /** Oldest first. */
  async runs(name: string): Promise<readonly RunView[]> {
    const { runs } = await this.#asker.ask(
      'chronos',
      `${jobs}/job/${name}/runs`,
      z.object({ runs: z.array(runSchema) }),
    )
    const at = ({ scheduledAt }: RunView): number => Date.parse(scheduledAt)
    return runs.toSorted((a, b) => at(a) - at(b) || a.attempt - b.attempt)
  }

  /** A job with a schedule or with parents: its JSON. */
  async add(job: Readonly<Record<string, unknown>> & { readonly name: string }): Promise<void> {
    const path = `${jobs}/${job['parents'] === undefined ? 'iso8601' : 'dependency'}`
    await this.#asker.send('chronos', path, { method: 'POST', body: JSON.stringify({ owner: '', ...job }) })
  }

  /** Runs it now. */
  async run(name: string): Promise<void> {
    await this.#asker.send('chronos', `${jobs}/job/${name}`, { method: 'PUT' })
  }
}
