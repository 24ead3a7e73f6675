/** Sandboxes of tasks as people reach them: through the gateway, from the agent that has them. */
import { eventually } from '@thermosphere/test-kit'
import type { Cluster } from './cluster.ts'

export type TaskPlace = { readonly agentId: string; readonly frameworkId: string; readonly taskId: string }

type Executor = { readonly id: string; readonly directory: string; readonly container: string }
type Framework = {
  readonly id: string
  readonly executors?: readonly Executor[]
  readonly completed_executors?: readonly Executor[]
}
type AgentState = { readonly frameworks?: readonly Framework[]; readonly completed_frameworks?: readonly Framework[] }

export async function executorOf(cluster: Cluster, place: TaskPlace): Promise<Executor> {
  const state = await cluster.json<AgentState>('gateway', `/agent/${place.agentId}/state`)
  const frameworks = [...(state.frameworks ?? []), ...(state.completed_frameworks ?? [])]
  const executors = frameworks
    .filter(({ id }) => id === place.frameworkId)
    .flatMap((framework) => [...(framework.executors ?? []), ...(framework.completed_executors ?? [])])
  const executor = executors.find(({ id }) => id === place.taskId)
  if (executor === undefined) throw new Error(`the agent knows no executor ${place.taskId}`)
  return executor
}

export async function readSandbox(cluster: Cluster, place: TaskPlace, file: string): Promise<string> {
  const { directory } = await executorOf(cluster, place)
  const path = encodeURIComponent(`${directory}/${file}`)
  const answer = await fetch(`${cluster.url('gateway')}/agent/${place.agentId}/files/download?path=${path}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${file} of ${place.taskId}: ${answer.status} ${text}`)
  return text
}

/** Waits until the file contains `text`; resolves with all of it. */
export const sandboxShows = (cluster: Cluster, place: TaskPlace, options: { file: string; text: string }) =>
  eventually(`${options.file} of ${place.taskId} contains "${options.text}"`, async () => {
    const content = await readSandbox(cluster, place, options.file)
    return content.includes(options.text) ? content : undefined
  })
