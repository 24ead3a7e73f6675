import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { AgentState, Executor } from '../state.ts'
import { isTerminal } from '../tasks/task-states.ts'

/** What an executor and its live tasks hold. */
export function executorResources(executor: Executor): mesos.Resource[] {
  const tasks = [...executor.tasks.values(), ...executor.queued.flatMap((queued) => queued.tasks)]
  const live = tasks.filter((task) => !isTerminal(task.state))
  const own = executor.phase.type === 'terminated' ? [] : (executor.info.resources ?? [])
  return [...own, ...live.flatMap((task) => task.info.resources ?? [])]
}

/** Any revocable resource makes the whole container revocable. */
export function usesRevocable(executor: Executor): boolean {
  return executorResources(executor).some((resource) => resource.revocable !== undefined)
}

/** What everything on this agent holds, the agent's own executors included. */
export function allocatedResources(state: AgentState): Resources {
  const wire: mesos.Resource[] = []
  for (const framework of state.frameworks.values()) {
    for (const executor of framework.executors.values()) wire.push(...executorResources(executor))
  }
  return Resources.fromWire(wire)
}
