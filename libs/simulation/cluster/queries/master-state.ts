/** What the leading master knows, in the words of a test. */
import { z } from 'zod'
import type { Asker } from './asker.ts'

const taskSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  framework_id: z.string(),
  slave_id: z.string(),
})
const frameworkSchema = z.object({
  id: z.string(),
  name: z.string(),
  active: z.boolean(),
  connected: z.boolean().optional(),
  tasks: z.array(taskSchema),
  unreachable_tasks: z.array(taskSchema).default([]),
  completed_tasks: z.array(taskSchema),
})
const stateSchema = z.object({
  pid: z.string(),
  slaves: z.array(z.object({ id: z.string(), pid: z.string(), hostname: z.string(), active: z.boolean() })),
  frameworks: z.array(frameworkSchema),
})

export type AgentView = {
  readonly id: string
  readonly hostname: string
  /** Registered and connected. */
  readonly active: boolean
}
export type FrameworkView = {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly connected: boolean
}
export type TaskView = {
  readonly id: string
  readonly name: string
  /** As Mesos spells it: TASK_RUNNING. */
  readonly state: string
  readonly frameworkId: string
  readonly agentId: string
}
export type ClusterState = {
  readonly agents: readonly AgentView[]
  readonly frameworks: readonly FrameworkView[]
  /** Running, unreachable and completed ones. */
  readonly tasks: readonly TaskView[]
}

const taskView = ({ id, name, state, framework_id, slave_id }: z.infer<typeof taskSchema>): TaskView => ({
  id,
  name,
  state,
  frameworkId: framework_id,
  agentId: slave_id,
})

export async function readState(asker: Asker): Promise<ClusterState> {
  const { slaves, frameworks } = await asker.ask('master', '/state', stateSchema)
  return {
    agents: slaves.map(({ id, hostname, active }) => ({ id, hostname, active })),
    frameworks: frameworks.map(({ id, name, active, connected = active }) => ({ id, name, active, connected })),
    tasks: frameworks
      .flatMap((one) => [...one.tasks, ...one.unreachable_tasks, ...one.completed_tasks])
      .map((task) => taskView(task)),
  }
}
