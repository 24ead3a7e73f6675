import { endStates } from '../hosts/scheduler/task-states.ts'
import type { Action } from '../scenario/scenario.ts'
import { overload } from '../hosts/agent/machine.ts'
import type { Cluster } from './cluster.ts'

/** A framework that has suppressed its offers asks for them again after that long. */
const suppressedMs = 15_000
const wishesMax = 8
const burstsMax = 4

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
      case 'want-on-executor':
        memories.get(action.framework)?.wantedOnExecutors.push(action.command)
        return frameworks.get(action.framework)?.revive()
      case 'shutdown-executor':
        return frameworks.get(action.framework)?.shutDownExecutor(action.nth)
      case 'wish':
        return this.#wish(action)
      case 'role':
        return frameworks.get(action.framework)?.changeRole(action.role)
      case 'burst':
        return this.#burst(action)
      case 'capability':
        return frameworks.get(action.framework)?.changeRevocable()
      case 'spare':
        return this.#cluster.machines.get(action.agent)?.setSpare(action)
      case 'overload':
        return this.#overload(action)
      case 'kill':
        return this.#kill(action)
      case 'suppress':
        frameworks.get(action.framework)?.suppress()
        return void time.after(suppressedMs, () => frameworks.get(action.framework)?.revive())
      default:
        return operator.perform(action)
    }
  }

  #wish({ framework, wish }: Extract<Action, { type: 'wish' }>): void {
    const { frameworks, memories } = this.#cluster
    const wishes = memories.get(framework)?.wishes
    wishes?.push(wish)
    // What no offer was right for is given up for newer ones.
    if (wishes !== undefined && wishes.length > wishesMax) wishes.shift()
    frameworks.get(framework)?.revive()
  }

  #burst({ framework, command }: Extract<Action, { type: 'burst' }>): void {
    const { frameworks, memories } = this.#cluster
    const bursts = memories.get(framework)?.bursts
    bursts?.push(command)
    if (bursts !== undefined && bursts.length > burstsMax) bursts.shift()
    frameworks.get(framework)?.revive()
  }

  #overload({ agent, ms }: Extract<Action, { type: 'overload' }>): void {
    const machine = this.#cluster.machines.get(agent)
    if (machine === undefined) return
    machine.load = overload
    this.#cluster.time.after(ms, () => void (machine.load = 0))
  }

  #kill({ framework, nth }: Extract<Action, { type: 'kill' }>): void {
    const all = [...(this.#cluster.memories.get(framework)?.tasks.values() ?? [])]
    const live = all.filter(({ state }) => !endStates.has(state))
    const task = live[nth % Math.max(1, live.length)]
    if (task !== undefined) this.#cluster.frameworks.get(framework)?.kill(task.id)
  }
}
