import { classicAgent } from './classic-agent.ts'
import { frameworkHead } from './classic-framework.ts'
import { array, entries, integer, merged, object, text } from './json.ts'
import type { Json } from './json.ts'
import type { Framework, Master } from '../model.ts'

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
] as const

type Counts = Map<string, number>

/** Counted once for all agents and frameworks: dashboards ask for this every two seconds. */
interface Summary {
  readonly byFramework: Map<string, Counts>
  readonly byAgent: Map<string, Counts>
  readonly agentsOf: Map<string, Set<string>>
  readonly frameworksOn: Map<string, Set<string>>
}

function summarize(m: Master): Summary {
  const summary: Summary = { byFramework: new Map(), byAgent: new Map(), agentsOf: new Map(), frameworksOn: new Map() }
  for (const framework of m.frameworks.values()) {
    for (const task of tasksOf(framework)) {
      count(summary.byFramework, framework.id, task.wire.state)
      count(summary.byAgent, task.agentId, task.wire.state)
      collect(summary.agentsOf, framework.id, task.agentId)
      collect(summary.frameworksOn, task.agentId, framework.id)
    }
  }
  return summary
}

const tasksOf = (framework: Framework) => [
  ...framework.tasks.values(),
  ...framework.unreachableTasks.values(),
  ...framework.completedTasks.values(),
]

function count(books: Map<string, Counts>, key: string, state: string): void {
  const counts = books.get(key) ?? new Map<string, number>()
  counts.set(state, (counts.get(state) ?? 0) + 1)
  books.set(key, counts)
}

function collect(books: Map<string, Set<string>>, key: string, member: string): void {
  const members = books.get(key) ?? new Set()
  members.add(member)
  books.set(key, members)
}

const countsObject = (counts: Counts | undefined): Json =>
  entries(states.map((state) => [state, integer(counts?.get(state) ?? 0)] as const))

const list = (members: Set<string> | undefined): Json => array([...(members ?? [])].map(text))

export function stateSummaryView(m: Master): Json {
  const { byAgent, byFramework, agentsOf, frameworksOn } = summarize(m)
  const slaves = [...m.agents.values()].map((agent) =>
    merged(
      classicAgent(agent),
      countsObject(byAgent.get(agent.id)),
      object({ framework_ids: list(frameworksOn.get(agent.id)) }),
    ),
  )
  const frameworks = [...m.frameworks.values()].map((framework) =>
    merged(
      frameworkHead(framework),
      countsObject(byFramework.get(framework.id)),
      object({ slave_ids: list(agentsOf.get(framework.id)) }),
    ),
  )
  return object({
    hostname: text(m.info.hostname ?? ''),
    cluster: m.config.cluster === undefined ? undefined : text(m.config.cluster),
    slaves: array(slaves),
    frameworks: array(frameworks),
  })
}
