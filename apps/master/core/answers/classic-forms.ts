/** Entities as the lists of the classic endpoints have them. */
import type { mesos } from '@thermosphere/protocol'
import type { Form } from '../books/encoded-items.ts'
import { PageForm } from '../books/page-form.ts'
import { classicAgent, classicAgentFull, classicRecoveredAgent } from '../views/classic-agent.ts'
import { classicExecutor, classicOffer } from '../views/classic-framework.ts'
import { classicTask } from '../views/classic-task.ts'
import type { Json } from '../views/json.ts'
import type { ShownAgent } from '../views/shown.ts'
import type { AgentsSnapshot } from './snapshot.ts'
import type { Executor, Offer } from '../model.ts'

const json = <V>(encode: (value: V) => Json): Form<V> => ({ separator: ',', encode })
const paged = <V extends object>(encode: (value: V) => Json): PageForm<V> => new PageForm(json(encode))

export const taskForm: PageForm<mesos.Task> = paged(classicTask)
export const agentForm: PageForm<ShownAgent> = paged(classicAgent)
export const fullAgentForm: PageForm<ShownAgent> = paged(classicAgentFull)
export const executorForm: PageForm<Executor> = paged(classicExecutor)
export const offerForm: Form<Offer> = json(classicOffer)
export const recoveredForm: Form<AgentsSnapshot['recovered'][number]> = json(([id, record]) =>
  classicRecoveredAgent(id, record),
)
