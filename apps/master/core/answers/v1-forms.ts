/** Entities as the lists of v1 answers have them; in protobuf each comes with its tag and length. */
import { borrowProtobuf, encodeJson } from '@thermosphere/protocol'
import type { MediaType, mesos } from '@thermosphere/protocol'
import type { Form } from '../books/encoded-items.ts'
import { PageForm } from '../books/page-form.ts'
import { agentWire } from '../views/v1-entities.ts'
import type { ShownAgent } from '../views/shown.ts'
import type { Executor } from '../model.ts'

export interface EntityForms {
  readonly tasks: PageForm<mesos.Task>
  readonly unreachableTasks: PageForm<mesos.Task>
  readonly completedTasks: PageForm<mesos.Task>
  readonly executors: PageForm<Executor>
  readonly agents: PageForm<ShownAgent>
  readonly recoveredAgents: Form<mesos.AgentInfo>
}

const executorWire = ({ info, agentId }: Executor) => ({ executor_info: info, agent_id: { value: agentId } })

const asJson = <V extends object>(encode: (value: V) => string): PageForm<V> => new PageForm({ separator: ',', encode })
const asProtobuf = <V extends object>(encode: (value: V) => Uint8Array): PageForm<V> =>
  new PageForm({ separator: '', encode })

const response = 'mesos.v1.master.Response'
const jsonTask: PageForm<mesos.Task> = asJson((task) => encodeJson('mesos.v1.Task', task))

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
    tasks: asProtobuf((task) => borrowProtobuf(`${response}.GetTasks`, { tasks: [task] })),
    unreachableTasks: asProtobuf((task) => borrowProtobuf(`${response}.GetTasks`, { unreachable_tasks: [task] })),
    completedTasks: asProtobuf((task) => borrowProtobuf(`${response}.GetTasks`, { completed_tasks: [task] })),
    executors: asProtobuf((executor) =>
      borrowProtobuf(`${response}.GetExecutors`, { executors: [executorWire(executor)] }),
    ),
    agents: asProtobuf((agent) => borrowProtobuf(`${response}.GetAgents`, { agents: [agentWire(agent)] })),
    recoveredAgents: asProtobuf((info) => borrowProtobuf(`${response}.GetAgents`, { recovered_agents: [info] })),
  },
}
