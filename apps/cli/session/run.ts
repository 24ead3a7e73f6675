/** What `thermo task exec` and `thermo task attach` do once they know the task. */
import type { agent, mesos } from '@thermosphere/protocol'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Api } from '../api.ts'
import { Input, openOutput, windowSize } from './session.ts'
import type { Place } from './session.ts'

export type ExecOptions = {
  /** Our standard input is the command's. */
  readonly interactive: boolean
  /** The command has a terminal. */
  readonly tty: boolean
}

type Task = { readonly api: Api; readonly agentId: string; readonly container: mesos.ContainerID }

/** Runs a command in the container of a task; resolves with its exit code, as a shell tells it. */
export async function runInTask(task: Task, command: readonly string[], options: ExecOptions): Promise<number> {
  const { interactive, tty } = options
  const place: Place = { ...task, container: { value: randomUUID(), parent: task.container } }
  const [value = ''] = command
  const read = await openOutput(place, {
    type: 'LAUNCH_NESTED_CONTAINER_SESSION',
    launch_nested_container_session: {
      container_id: place.container,
      command: { shell: false, value, arguments: [...command] },
      ...(tty ? { container: { type: 'MESOS', tty_info: { window_size: windowSize() } } } : {}),
    },
  })
  await withInput(interactive ? new Input(place, tty) : undefined, read)
  return await exitCodeOf(place)
}

/** Shows what a task with a terminal says, and types into it. */
export async function attachToTask(task: Task, { interactive }: Pick<ExecOptions, 'interactive'>): Promise<void> {
  const attach_container_output = { container_id: task.container }
  const read = await openOutput(task, { type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output })
  await withInput(interactive ? new Input(task, true) : undefined, read)
}

async function withInput(input: Input | undefined, read: () => Promise<void>): Promise<void> {
  try {
    await read()
  } finally {
    input?.stop()
  }
}

const endSchema = z.object({ wait_container: z.object({ exit_status: z.number().int().optional() }) })

async function exitCodeOf({ api, agentId, container }: Place): Promise<number> {
  const call = (body: agent.Call) => api.send(`/agent/${agentId}/api/v1`, { method: 'POST', body })
  const end = endSchema.parse(await call({ type: 'WAIT_CONTAINER', wait_container: { container_id: container } }))
  await call({ type: 'REMOVE_CONTAINER', remove_container: { container_id: container } })
  const status = end.wait_container.exit_status ?? 0
  return status < 256 ? (status === 0 ? 0 : 128 + status) : status >> 8
}
