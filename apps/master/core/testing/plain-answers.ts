/** The large answers put together from the state alone, every sum made anew: the kept pieces must agree with them. */
import { encodeJson } from '@thermosphere/protocol'
import type { master } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import { showAgent, showFramework } from '../views/shown.ts'
import type { ShownAgent, ShownFramework } from '../views/shown.ts'
import { Total } from '../books/tally.ts'
import { classicAgent, classicRecoveredAgent } from '../views/classic-agent.ts'
import { classicExecutor, classicOffer, frameworkAfterTasks, frameworkBeforeTasks } from '../views/classic-framework.ts'
import { classicTask } from '../views/classic-task.ts'
import { array, merged, object } from '../views/json.ts'
import type { Json } from '../views/json.ts'
import {
  agentWire,
  frameworkBooks,
  frameworkState,
  inverseOffersOf,
  offersOf,
  shownOfferWire,
} from '../views/v1-entities.ts'
import type { Agent, Executor, Framework, Master, Task } from '../model.ts'

const sum = (all: readonly { readonly resources: Resources }[]): Total =>
  new Total(Resources.empty, [all.reduce((total, one) => total.add(one.resources), Resources.empty)])

const executorsOf = (owner: Pick<Framework | Agent, 'executors'>): Executor[] =>
  [...owner.executors.values()].flatMap((byId) => [...byId.values()])

function usedBy(owner: Pick<Framework | Agent, 'executors'> & { readonly tasks: { values(): Iterable<Task> } }): Total {
  return sum([...[...owner.tasks.values()].filter((task) => task.holdsResources), ...executorsOf(owner)])
}

const agentOf = (agent: Agent): ShownAgent => ({
  ...showAgent(agent),
  used: usedBy(agent),
  offered: sum([...agent.offers]),
})

const frameworkOf = (framework: Framework): ShownFramework => ({
  ...showFramework(framework),
  used: usedBy(framework),
  offered: sum([...framework.offers]),
})

const currentAndCompleted = (m: Master): Framework[] => [...m.frameworks.values(), ...m.completedFrameworks.values()]

export function plainState(m: Master): master.Response_GetState {
  const all = currentAndCompleted(m)
  const frameworkWire = (framework: Framework): master.Response_GetFrameworks_Framework => {
    const shown = frameworkOf(framework)
    const offers = { offers: offersOf(m, framework).map(shownOfferWire), inverse_offers: inverseOffersOf(m, framework) }
    return { ...frameworkState(shown), ...offers, ...frameworkBooks(shown) }
  }
  const executors = [...m.frameworks.values()].flatMap(executorsOf)
  return {
    get_tasks: {
      tasks: all.flatMap(({ tasks }) => Array.from(tasks.values(), ({ wire }) => wire)),
      unreachable_tasks: all.flatMap(({ unreachableTasks }) =>
        Array.from(unreachableTasks.values(), ({ wire }) => wire),
      ),
      completed_tasks: all.flatMap(({ completedTasks }) => completedTasks.values().map(({ wire }) => wire)),
    },
    get_executors: {
      executors: executors.map(({ info, agentId }) => ({ executor_info: info, agent_id: { value: agentId } })),
    },
    get_frameworks: {
      frameworks: Array.from(m.frameworks.values(), frameworkWire),
      completed_frameworks: m.completedFrameworks.values().map(frameworkWire),
    },
    get_agents: {
      agents: Array.from(m.agents.values(), (agent) => agentWire(agentOf(agent))),
      recovered_agents: Array.from(m.recoveredAgents.values(), ({ info }) => info),
    },
  }
}

export const plainStateJson = (m: Master): string =>
  encodeJson('mesos.v1.master.Response', { type: 'GET_STATE', get_state: plainState(m) })

/** The lists of `/state`. */
export function plainClassicLists(m: Master): Json {
  const tasks = (all: Iterable<Task>): Json => array(Array.from(all, ({ wire }) => classicTask(wire)))
  const framework = (one: Framework): Json => {
    const lists = object({
      tasks: tasks(one.tasks.values()),
      unreachable_tasks: tasks(one.unreachableTasks.values()),
      completed_tasks: tasks(one.completedTasks.values()),
      offers: array(Array.from(one.offers, classicOffer)),
      executors: array(executorsOf(one).map(classicExecutor)),
    })
    const shown = frameworkOf(one)
    return merged(frameworkBeforeTasks(shown), lists, frameworkAfterTasks(shown))
  }
  return object({
    slaves: array(Array.from(m.agents.values(), (agent) => classicAgent(agentOf(agent)))),
    recovered_slaves: array(Array.from(m.recoveredAgents, ([id, record]) => classicRecoveredAgent(id, record))),
    frameworks: array(Array.from(m.frameworks.values(), framework)),
    completed_frameworks: array(m.completedFrameworks.values().map(framework)),
  })
}
