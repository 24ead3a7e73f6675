import { endStates } from '../hosts/scheduler/task-states.ts'
import type { Action } from '../scenario/scenario.ts'
import type { Cluster } from './cluster.ts'

/** A framework that has suppressed its offers asks for them again after that long. */
const suppressedMs = 15_000

/** Carries out what the users of a cluster want. */
export class ScenarioActions {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  perform(action: Action): void {
    const { frameworks, memories, operator, time } = this.#cluster
    switch (action.type) {
      case 'want':
        memories.get(action.framework)?.wanted.push(action.command)
        return frameworks.get(action.framework)?.revive()
      case 'kill':
        return this.#kill(action)
      case 'suppress':
        frameworks.get(action.framework)?.suppress()
        return void time.after(suppressedMs, () => frameworks.get(action.framework)?.revive())
      default:
        return operator.perform(action)
    }
  }

  #kill({ framework, nth }: Extract<Action, { type: 'kill' }>): void {
    const all = [...(this.#cluster.memories.get(framework)?.tasks.values() ?? [])]
    const live = all.filter(({ state }) => !endStates.has(state))
    const task = live[nth % Math.max(1, live.length)]
    if (task !== undefined) this.#cluster.frameworks.get(framework)?.kill(task.id)
  }
}
