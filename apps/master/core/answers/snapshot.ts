/** The cluster at one moment: references to what does not change any more. */
import type { mesos } from '@thermosphere/protocol'
import { rolesOfResource, seesExecutor, seesFramework, seesRole, seesTask } from '../access/sight.ts'
import type { Sight } from '../access/sight.ts'
import { PagedList } from '../books/paged-list.ts'
import type { Page, PageView } from '../books/page.ts'
import { SeenPage } from '../books/seen-page.ts'
import type { Show } from '../books/seen-page.ts'
import type { Rest } from '../steps/rest.ts'
import { isSame, isShownBy, showAgent, showFramework } from '../views/shown.ts'
import type { ShownAgent, ShownFramework } from '../views/shown.ts'
import type { Agent, AgentId, AgentRecord, Executor, Framework, Master, Offer } from '../model.ts'

export interface FrameworkSnapshot {
  readonly shown: ShownFramework
  readonly tasks: readonly PageView<mesos.Task>[]
  readonly unreachableTasks: readonly PageView<mesos.Task>[]
  readonly completedTasks: readonly PageView<mesos.Task>[]
  readonly executors: readonly PageView<Executor>[]
  readonly offers: readonly Offer[]
}

export interface FrameworksSnapshot {
  readonly current: readonly FrameworkSnapshot[]
  readonly completed: readonly FrameworkSnapshot[]
}

export interface AgentsSnapshot {
  readonly pages: readonly PageView<ShownAgent>[]
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
    for (const agent of agents.values()) this.#show(agent)
    if (this.#shown.size > agents.size) this.#forgetGone(agents)
    return this.#list.snapshot()
  }

  *refresh(agents: ReadonlyMap<AgentId, Agent>): Rest {
    for (const agent of agents.values()) {
      this.#show(agent)
      yield
    }
  }

  #show(agent: Agent): void {
    const before = this.#shown.get(agent)
    if (before && isShownBy(before, agent)) return
    const now = showAgent(agent)
    this.#shown.set(agent, now)
    this.#list.set(agent, now)
  }

  #forgetGone(agents: ReadonlyMap<AgentId, Agent>): void {
    for (const agent of [...this.#shown.keys()]) {
      if (agents.get(agent.id) === agent) continue
      this.#shown.delete(agent)
      this.#list.delete(agent)
    }
  }
}

/** Pages as the reader sees them. */
const seen = <V extends object>(pages: readonly Page<V>[], show: Show<V> | undefined): readonly PageView<V>[] =>
  show ? pages.map((page) => new SeenPage(page, show)) : pages

function galleryOf(m: Master): Gallery {
  const gallery = galleries.get(m) ?? new Gallery()
  galleries.set(m, gallery)
  return gallery
}

/** Most of the work of the next snapshot, in pieces between which anything may happen. */
export const refreshAgents = (m: Master): Rest => galleryOf(m).refresh(m.agents)

export function snapshotAgents(m: Master, sight: Sight): AgentsSnapshot {
  const gallery = galleryOf(m)
  const show = sight.limits('view_roles') ? (agent: ShownAgent) => seenAgent(agent, sight) : undefined
  return { pages: seen(gallery.take(m.agents), show), recovered: [...m.recoveredAgents] }
}

const rolesKept = new WeakMap<ShownAgent, ReadonlySet<string>>()

/** Roles that resources of the agent are reserved for or allocated to. */
function rolesOf(agent: ShownAgent): ReadonlySet<string> {
  const known = rolesKept.get(agent)
  if (known) return known
  const all = [agent.total, agent.used.resources, agent.offered.resources].flatMap((one) => one.toWire())
  const roles = new Set([...all, ...(agent.info.resources ?? [])].flatMap(rolesOfResource))
  rolesKept.set(agent, roles)
  return roles
}

const seenAgent = (agent: ShownAgent, sight: Sight): ShownAgent =>
  [...rolesOf(agent)].every((role) => seesRole(sight, role)) ? agent : { ...agent, seenBy: sight }

/** Those that the reader sees. */
export const currentFrameworks = (m: Master, sight: Sight): Framework[] =>
  [...m.frameworks.values()].filter(({ info }) => seesFramework(sight, info))

export const completedFrameworks = (m: Master, sight: Sight): Framework[] =>
  m.completedFrameworks.values().filter(({ info }) => seesFramework(sight, info))

export const snapshotFrameworks = (m: Master, sight: Sight): FrameworksSnapshot => ({
  current: currentFrameworks(m, sight).map((framework) => snapshotFramework(framework, sight)),
  completed: completedFrameworks(m, sight).map((framework) => snapshotFramework(framework, sight)),
})

/** Of a framework that the reader sees. */
export function snapshotFramework(framework: Framework, sight: Sight): FrameworkSnapshot {
  const { info } = framework
  const task: Show<mesos.Task> | undefined = sight.limits('view_tasks')
    ? (one) => (seesTask(sight, one, info) ? one : undefined)
    : undefined
  const executor: Show<Executor> | undefined = sight.limits('view_executors')
    ? (one) => (seesExecutor(sight, one.info, info) ? one : undefined)
    : undefined
  return {
    shown: shownFramework(framework),
    tasks: seen(framework.tasks.snapshot(), task),
    unreachableTasks: seen(framework.unreachableTasks.snapshot(), task),
    completedTasks: seen(framework.completedTasks.snapshot(), task),
    executors: seen(framework.executorList.snapshot(), executor),
    offers: [...framework.offers],
  }
}

function shownFramework(framework: Framework): ShownFramework {
  const before = shownFrameworks.get(framework)
  const now = showFramework(framework)
  if (before && isSame(before, now)) return before
  shownFrameworks.set(framework, now)
  return now
}
