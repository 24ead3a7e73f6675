/** `/state-summary`: agents and frameworks with counts of tasks instead of tasks. */
import type { mesos } from '@thermosphere/protocol'
import type { Sight } from '../access/sight.ts'
import { ask } from '../books/page-form.ts'
import type { PageView } from '../books/page.ts'
import { frameworkHead } from '../views/classic-framework.ts'
import { array, entries, integer, merged, object, text } from '../views/json.ts'
import type { Json } from '../views/json.ts'
import { agentForm } from './classic-forms.ts'
import { late, listed, render, separated } from './parts.ts'
import type { Part, Rendering } from './parts.ts'
import type { ShownAgent, ShownFramework } from '../views/shown.ts'
import { snapshotAgents, snapshotFrameworks } from './snapshot.ts'
import type { AgentsSnapshot, FrameworkSnapshot } from './snapshot.ts'
import type { Master } from '../model.ts'

const states = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const satisfies readonly mesos.TaskState[]

/** Tasks by state, and who is on the other side of them: agents of a framework, frameworks of an agent. */
class TaskSummary {
  readonly #counts = new Map<string, number>()
  readonly #others = new Set<string>()

  with(state: mesos.TaskState, other: string): this {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + 1)
    this.#others.add(other)
    return this
  }

  counts(): Json {
    return entries(states.map((state) => [state, integer(this.#counts.get(state) ?? 0)] as const))
  }

  others(): Json {
    return array([...this.#others].map(text))
  }
}

const noTasks = new TaskSummary()

export function stateSummaryAnswer(m: Master, sight: Sight): Rendering {
  const head = object({
    hostname: text(m.info.hostname ?? ''),
    cluster: m.config.cluster === undefined ? undefined : text(m.config.cluster),
  })
  ask(agentForm)
  return renderSummary(head, snapshotAgents(m, sight), snapshotFrameworks(m, sight).current)
}

function* renderSummary(head: Json, { pages }: AgentsSnapshot, frameworks: readonly FrameworkSnapshot[]): Rendering {
  const ofAgents = new Map<string, TaskSummary>()
  const ofFrameworks = new Map<string, TaskSummary>()
  for (const { shown, tasks, unreachableTasks, completedTasks } of frameworks) {
    const own = new TaskSummary()
    ofFrameworks.set(shown.id, own)
    for (const page of [...tasks, ...unreachableTasks, ...completedTasks]) {
      for (const { agent_id, state } of page.values) {
        own.with(state, agent_id.value)
        const there = ofAgents.get(agent_id.value) ?? new TaskSummary()
        ofAgents.set(agent_id.value, there.with(state, shown.id))
      }
      yield
    }
  }
  return yield* render(function* () {
    yield `${head.slice(0, -1)},`
    yield* listed('slaves', separated(pages.map((page) => [agentsPart(page, ofAgents)])))
    yield ','
    yield* listed('frameworks', separated(frameworks.map(({ shown }) => [frameworkPart(shown, ofFrameworks)])))
    yield '}'
  })
}

const utf8 = new TextDecoder()

function agentsPart(page: PageView<ShownAgent>, summaries: ReadonlyMap<string, TaskSummary>): Part {
  const one = (encoded: Uint8Array, index: number): string => {
    const summary = summaries.get(page.values[index]?.id ?? '') ?? noTasks
    const rest = merged(summary.counts(), object({ framework_ids: summary.others() }))
    return `${utf8.decode(encoded).slice(0, -1)},${rest.slice(1)}`
  }
  return late(() => page.items(agentForm).map(one).join(','))
}

function frameworkPart(shown: ShownFramework, summaries: ReadonlyMap<string, TaskSummary>): Part {
  const summary = summaries.get(shown.id) ?? noTasks
  return late(() => merged(frameworkHead(shown), summary.counts(), object({ slave_ids: summary.others() })))
}
