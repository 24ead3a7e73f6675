/** What the end-to-end tests ask of Marathon, as its clients do. */
import { eventually } from '@thermosphere/test-kit'
import type { Cluster } from './cluster.ts'
import type { TaskPlace } from './sandbox.ts'

export type Task = {
  readonly id: string
  readonly host: string
  readonly ports: readonly number[]
  readonly state: string
  readonly version: string
  readonly slaveId: string
  readonly healthCheckResults?: readonly { readonly alive: boolean }[]
}
export type App = {
  readonly id: string
  readonly cmd?: string
  readonly instances: number
  readonly tasksRunning: number
  readonly tasksHealthy: number
  readonly tasksUnhealthy: number
  readonly version: string
  readonly deployments: readonly { readonly id: string }[]
  readonly tasks: readonly Task[]
}

export const getApp = async (cluster: Cluster, id: string): Promise<App> =>
  (await cluster.json<{ app: App }>('marathon', `/v2/apps${id}`)).app

export const running = (app: App): Task[] => app.tasks.filter(({ state }) => state === 'TASK_RUNNING')

/** Waits until the app runs with as many instances as it wants and no deployment is under way. */
export const settled = (cluster: Cluster, id: string, instances: number): Promise<App> =>
  eventually(
    `${id} runs ${instances} instances`,
    async () => {
      const app = await getApp(cluster, id)
      const isSettled =
        app.deployments.length === 0 && running(app).length === instances && app.tasks.length === instances
      return isSettled ? app : undefined
    },
    60_000,
  )

/** An app that serves the text `body` over HTTP on its first port, with busybox or Python alone. */
export const httpServer = (options: { readonly id: string; readonly body: string; readonly instances: number }) => ({
  id: options.id,
  cmd: `mkdir -p www && echo ${options.body} > www/index.html && exec python3 -m http.server $PORT0 --directory www`,
  cpus: 0.1,
  mem: 32,
  instances: options.instances,
  portDefinitions: [{ port: 0, protocol: 'tcp', name: 'http' }],
})

export const bodyOf = async (task: Task): Promise<string> => {
  const answer = await fetch(`http://${task.host}:${task.ports[0]}/`, { signal: AbortSignal.timeout(2000) })
  return (await answer.text()).trim()
}

/** Where the sandbox of a task is found. */
export async function placeOf(cluster: Cluster, task: Task): Promise<TaskPlace> {
  const { frameworkId } = await cluster.json<{ frameworkId: string }>('marathon', '/v2/info')
  return { agentId: task.slaveId, frameworkId, taskId: task.id }
}

/** Ids of the deployments under way. */
export const deployments = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.json<{ id: string }[]>('marathon', '/v2/deployments')).map(({ id }) => id)

/** The reasons for which offers were refused to an app that waits in the queue. */
export async function whyWaiting(cluster: Cluster, id: string): Promise<string[]> {
  type Reason = { readonly reason: string; readonly declined: number }
  type Entry = { app: { id: string }; processedOffersSummary: { rejectSummaryLastOffers: Reason[] } }
  const { queue } = await cluster.json<{ queue: Entry[] }>('marathon', '/v2/queue')
  const reasons = queue.find(({ app }) => app.id === id)?.processedOffersSummary.rejectSummaryLastOffers ?? []
  return reasons.filter(({ declined }) => declined > 0).map(({ reason }) => reason)
}
