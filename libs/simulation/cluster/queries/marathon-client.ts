/** The cluster's Marathon, as its clients see it. */
import { z } from 'zod'
import type { Asker } from './asker.ts'

const taskSchema = z.looseObject({ id: z.string(), state: z.string(), host: z.string(), slaveId: z.string().nullish() })
const appSchema = z.looseObject({
  id: z.string(),
  instances: z.number(),
  tasksRunning: z.number(),
  tasksStaged: z.number(),
  tasksHealthy: z.number(),
  deployments: z.array(z.object({ id: z.string() })),
  tasks: z.array(taskSchema).default([]),
})
export type AppView = z.infer<typeof appSchema>

export class MarathonClient {
  readonly #asker: Asker
  constructor(asker: Asker) {
    this.#asker = asker
  }

  async app(id: string): Promise<AppView> {
    const answer = z.object({ app: appSchema })
    const path = `/v2/apps/${id.replace(/^\//, '')}?embed=app.tasks&embed=app.counts&embed=app.deployments`
    return (await this.#asker.ask('marathon', path, answer)).app
  }

  async apps(): Promise<readonly AppView[]> {
    const path = '/v2/apps?embed=apps.tasks&embed=apps.counts&embed=apps.deployments'
    return (await this.#asker.ask('marathon', path, z.object({ apps: z.array(appSchema) }))).apps
  }

  /** Creates or replaces an app: its JSON, as for PUT /v2/apps/{id}. */
  async deploy(app: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<void> {
    const path = `/v2/apps/${app.id.replace(/^\//, '')}`
    await this.#asker.send('marathon', path, { method: 'PUT', body: JSON.stringify(app) })
  }

  async remove(id: string): Promise<void> {
    await this.#asker.send('marathon', `/v2/apps/${id.replace(/^\//, '')}?force=true`, { method: 'DELETE' })
  }
}
