/** The cluster at one moment: references to what does not change any more. */
import type { mesos } from '@thermosphere/protocol'
import { PagedList } from '../books/paged-list.ts'
import type { Page } from '../books/page.ts'
import { isSame, isShownBy, showAgent, showFramework } from '../views/shown.ts'
import type { ShownAgent, ShownFramework } from '../views/shown.ts'
import type { Agent, AgentId, AgentRecord, Executor, Framework, Master, Offer } from '../model.ts'

export interface FrameworkSnapshot {
  readonly shown: ShownFramework
  readonly tasks: readonly Page<mesos.Task>[]
  readonly unreachableTasks: readonly Page<mesos.Task>[]
  readonly completedTasks: readonly Page<mesos.Task>[]
  readonly executors: readonly Page<Executor>[]
  readonly offers: readonly Offer[]
}

export interface FrameworksSnapshot {
  readonly current: readonly FrameworkSnapshot[]
  readonly completed: readonly FrameworkSnapshot[]
}

export interface AgentsSnapshot {
  readonly pages: readonly Page<ShownAgent>[]
  readonly recovered: readonly (readonly [AgentId, AgentRecord])[]
}

const shownFrameworks = new WeakMap<Framework, ShownFramework>()
const galleries = new WeakMap<Master, Gallery>()

/** Agents as they were last shown. */
class Gallery {
  /** An agent takes as long to encode as its frameworks are many. */
  readonly #list = new PagedList<Agent, ShownAgent>({ pageLength: 32 })
  readonly #shown = new Map<Agent, ShownAgent>()

  take(agents: ReadonlyMap<AgentId, Agent>): readonly Page<ShownAgent>[] {
    for (const agent of agents.values()) {
      const before = this.#shown.get(agent)
      if (before && isShownBy(before, agent)) continue
      const now = showAgent(agent)
      this.#shown.set(agent, now)
      this.#list.set(agent, now)
    }
    if (this.#shown.size > agents.size) this.#forgetGone(agents)
    return this.#list.snapshot()
  }

  #forgetGone(agents: ReadonlyMap<AgentId, Agent>): void {
    for (const agent of [...this.#shown.keys()]) {
      if (agents.get(agent.id) === agent) continue
      this.#shown.delete(agent)
      this.#list.delete(agent)
    }
  }
}

export function snapshotAgents(m: Master): AgentsSnapshot {
  const gallery = galleries.get(m) ?? new Gallery()
  galleries.set(m, gallery)
  return { pages: gallery.take(m.agents), recovered: [...m.recoveredAgents] }
}

export const snapshotFrameworks = (m: Master): FrameworksSnapshot => ({
  current: Array.from(m.frameworks.values(), snapshotFramework),
  completed: m.completedFrameworks.values().map(snapshotFramework),
})

export const snapshotFramework = (framework: Framework): FrameworkSnapshot => ({
  shown: shownFramework(framework),
  tasks: framework.tasks.snapshot(),
  unreachableTasks: framework.unreachableTasks.snapshot(),
  completedTasks: framework.completedTasks.snapshot(),
  executors: framework.executorList.snapshot(),
  offers: [...framework.offers],
})

function shownFramework(framework: Framework): ShownFramework {
  const before = shownFrameworks.get(framework)
  const now = showFramework(framework)
  if (before && isSame(before, now)) return before
  shownFrameworks.set(framework, now)
  return now
}
