/** Entities as the lists of the classic endpoints have them. */
import type { mesos } from '@thermosphere/protocol'
import type { Form } from '../books/encoded-items.ts'
import { classicAgent, classicAgentFull, classicRecoveredAgent } from '../views/classic-agent.ts'
import { classicExecutor, classicOffer } from '../views/classic-framework.ts'
import { classicTask } from '../views/classic-task.ts'
import type { Json } from '../views/json.ts'
import type { ShownAgent } from '../views/shown.ts'
import type { AgentsSnapshot } from './snapshot.ts'
import type { Executor, Offer } from '../model.ts'

const json = <V>(encode: (value: V) => Json): Form<V> => ({ separator: ',', encode })

export const taskForm: Form<mesos.Task> = json(classicTask)
export const agentForm: Form<ShownAgent> = json(classicAgent)
export const fullAgentForm: Form<ShownAgent> = json(classicAgentFull)
export const executorForm: Form<Executor> = json(classicExecutor)
export const offerForm: Form<Offer> = json(classicOffer)
export const recoveredForm: Form<AgentsSnapshot['recovered'][number]> = json(([id, record]) =>
  classicRecoveredAgent(id, record),
)
