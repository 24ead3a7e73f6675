import { addresses } from './addresses.ts'
import { ApiError, getJson, openStream } from './http.ts'
import { fileReadSchema, filesSchema } from './schemas/mesos.ts'
import { limits } from '../limits.ts'

/** Files of a task on its agent. Paths are the agent's virtual ones, so they outlive a moved work directory. */
export type Sandbox = { agentId: string; directory: string }

const runsOf = (frameworkId: string, executorId: string) =>
  `/frameworks/${frameworkId}/executors/${executorId}/runs/latest`

/**
 * Where a task's files may be, the likeliest first: a task of a group has its own directory below its executor's,
 * a command task is its own executor.
 */
export function sandboxCandidates(task: {
  id: string
  frameworkId: string
  agentId: string
  executorId?: string | undefined
}): Sandbox[] {
  const own = { agentId: task.agentId, directory: runsOf(task.frameworkId, task.id) }
  if (task.executorId === undefined || task.executorId === '' || task.executorId === task.id) return [own]
  const executor = runsOf(task.frameworkId, task.executorId)
  return [
    { agentId: task.agentId, directory: `${executor}/tasks/${task.id}` },
    { agentId: task.agentId, directory: executor },
    own,
  ]
}

export const browse = (agentId: string, path: string, signal?: AbortSignal) =>
  getJson(addresses.agent.browse(agentId, path), filesSchema, { signal })

/** The first of the candidates that exists. */
export async function findSandbox(candidates: readonly Sandbox[], signal?: AbortSignal): Promise<Sandbox> {
  for (const [index, candidate] of candidates.entries()) {
    const found = await browse(candidate.agentId, candidate.directory, signal).then(
      () => true,
      (error: unknown) => {
        const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 400)
        if (isMissing && index < candidates.length - 1) return false
        throw error
      },
    )
    if (found) return candidate
  }
  throw new ApiError({ status: 404, message: 'The sandbox is gone.' })
}

export const readFile = (
  agentId: string,
  path: string,
  range: { offset: number; length: number },
  signal?: AbortSignal,
) => getJson(addresses.agent.read(agentId, path, range), fileReadSchema, { signal })

/** The size of a file: a read without an offset answers with it. */
export const fileSize = async (agentId: string, path: string, signal?: AbortSignal) =>
  (await readFile(agentId, path, { offset: -1, length: -1 }, signal)).offset

export const downloadAddress = addresses.agent.download

/** Follows a file from `offset`: text as it is written, until the signal ends it. */
export async function followFile(options: {
  agentId: string
  path: string
  offset: number
  signal: AbortSignal
  onText: (text: string, bytes: number) => void
}): Promise<void> {
  const body = await openStream(addresses.agent.follow(options.agentId, options.path, options.offset), {
    headers: { accept: '*/*' },
    signal: options.signal,
  })
  const decoder = new TextDecoder()
  for await (const chunk of body) options.onText(decoder.decode(chunk, { stream: true }), chunk.length)
}

export const tailOffset = (size: number) => Math.max(0, size - limits.logTailBytes)
