/** Entities as the lists of v1 answers have them; in protobuf each comes with its tag and length. */
import { encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { MediaType, mesos } from '@thermosphere/protocol'
import type { Form } from '../books/encoded-items.ts'
import { agentWire } from '../views/v1-entities.ts'
import type { ShownAgent } from '../views/shown.ts'
import type { Executor } from '../model.ts'

export interface EntityForms {
  readonly tasks: Form<mesos.Task>
  readonly unreachableTasks: Form<mesos.Task>
  readonly completedTasks: Form<mesos.Task>
  readonly executors: Form<Executor>
  readonly agents: Form<ShownAgent>
  readonly recoveredAgents: Form<mesos.AgentInfo>
}

const executorWire = ({ info, agentId }: Executor) => ({ executor_info: info, agent_id: { value: agentId } })

const asJson = <V>(encode: (value: V) => string): Form<V> => ({ separator: ',', encode })
const asProtobuf = <V>(encode: (value: V) => Uint8Array): Form<V> => ({ separator: '', encode })

const response = 'mesos.v1.master.Response'
const jsonTask: Form<mesos.Task> = asJson((task) => encodeJson('mesos.v1.Task', task))

export const entityForms: Readonly<Record<MediaType, EntityForms>> = {
  'application/json': {
    tasks: jsonTask,
    unreachableTasks: jsonTask,
    completedTasks: jsonTask,
    executors: asJson((executor) => encodeJson(`${response}.GetExecutors.Executor`, executorWire(executor))),
    agents: asJson((agent) => encodeJson(`${response}.GetAgents.Agent`, agentWire(agent))),
    recoveredAgents: asJson((info) => encodeJson('mesos.v1.AgentInfo', info)),
  },
  'application/x-protobuf': {
    tasks: asProtobuf((task) => encodeProtobuf(`${response}.GetTasks`, { tasks: [task] })),
    unreachableTasks: asProtobuf((task) => encodeProtobuf(`${response}.GetTasks`, { unreachable_tasks: [task] })),
    completedTasks: asProtobuf((task) => encodeProtobuf(`${response}.GetTasks`, { completed_tasks: [task] })),
    executors: asProtobuf((executor) =>
      encodeProtobuf(`${response}.GetExecutors`, { executors: [executorWire(executor)] }),
    ),
    agents: asProtobuf((agent) => encodeProtobuf(`${response}.GetAgents`, { agents: [agentWire(agent)] })),
    recoveredAgents: asProtobuf((info) => encodeProtobuf(`${response}.GetAgents`, { recovered_agents: [info] })),
  },
}
