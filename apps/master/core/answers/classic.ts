/** The large answers of the classic endpoints, from a snapshot. */
import type { Sight } from '../access/sight.ts'
import { ask } from '../books/page-form.ts'
import type { PageView } from '../books/page.ts'
import { frameworkAfterTasks, frameworkBeforeTasks } from '../views/classic-framework.ts'
import { stateHead } from '../views/classic.ts'
import type { ProcessView } from '../views/classic.ts'
import { agentForm, executorForm, fullAgentForm, offerForm, recoveredForm, taskForm } from './classic-forms.ts'
import { kept, listed, pagesIn, render, runsOf, separated } from './parts.ts'
import type { Fragment, Part, Rendering } from './parts.ts'
import {
  completedFrameworks,
  currentFrameworks,
  snapshotAgents,
  snapshotFramework,
  snapshotFrameworks,
} from './snapshot.ts'
import type { AgentsSnapshot, FrameworkSnapshot, FrameworksSnapshot } from './snapshot.ts'
import type { ShownFramework } from '../views/shown.ts'
import type { Executor, Framework, Master } from '../model.ts'

/** `/state`. */
export function stateAnswer(m: Master, sight: Sight, surroundings: ProcessView): Rendering {
  const head = stateHead(m, sight, surroundings).slice(0, -1)
  const agents = snapshotAgents(m, sight)
  const frameworks = snapshotFrameworks(m, sight)
  ask(agentForm, taskForm, executorForm)
  return render(function* () {
    yield `${head},`
    yield* agentMembers(pagesIn(agents.pages, agentForm), agents.recovered)
    yield ','
    yield* frameworkLists(frameworks)
    yield ',"orphan_tasks":[],"unregistered_frameworks":[]}'
  })
}

/** `/slaves`, of all or of one: with the resources in the wire's own form too. */
export function slavesAnswer(m: Master, sight: Sight, agentId: string | undefined): Rendering {
  const { pages, recovered } = snapshotAgents(m, sight)
  const isWanted = ({ id }: { readonly id: string }): boolean => agentId === undefined || id === agentId
  const agents =
    agentId === undefined
      ? pagesIn(pages, fullAgentForm)
      : runsOf(
          pages.flatMap((page) => page.values.filter(isWanted)),
          fullAgentForm,
        )
  ask(fullAgentForm)
  const known = recovered.filter(([id]) => isWanted({ id }))
  return render(function* () {
    yield '{'
    yield* agentMembers(agents, known)
    yield '}'
  })
}

/** `/frameworks`, of all or of one. */
export function frameworksAnswer(m: Master, sight: Sight, frameworkId: string | undefined): Rendering {
  const take = (all: readonly Framework[]): FrameworkSnapshot[] =>
    all
      .filter(({ id }) => frameworkId === undefined || id === frameworkId)
      .map((framework) => snapshotFramework(framework, sight))
  const frameworks = { current: take(currentFrameworks(m, sight)), completed: take(completedFrameworks(m, sight)) }
  ask(taskForm, executorForm)
  return render(function* () {
    yield '{'
    yield* frameworkLists(frameworks)
    yield ',"unregistered_frameworks":[]}'
  })
}

function* agentMembers(agents: Iterable<Part>, recovered: AgentsSnapshot['recovered']): Generator<Part> {
  yield* listed('slaves', agents)
  yield ','
  yield* listed('recovered_slaves', runsOf(recovered, recoveredForm))
}

function* frameworkLists({ current, completed }: FrameworksSnapshot): Generator<Part> {
  yield* listed('frameworks', separated(current.map(frameworkParts)))
  yield ','
  yield* listed('completed_frameworks', separated(completed.map(frameworkParts)))
}

function* frameworkParts(framework: FrameworkSnapshot): Generator<Part> {
  const ends = endsOf(framework.shown)
  yield ends.before
  yield* listed('tasks', pagesIn(framework.tasks, taskForm))
  yield ','
  yield* listed('unreachable_tasks', pagesIn(framework.unreachableTasks, taskForm))
  yield ','
  yield* listed('completed_tasks', pagesIn(framework.completedTasks, taskForm))
  yield ','
  yield* listed('offers', runsOf(framework.offers, offerForm))
  yield ','
  yield* listed('executors', executorParts(framework.executors))
  yield ends.after
}

/** As in Mesos, an executor that is not seen is an empty object. */
function* executorParts(pages: readonly PageView<Executor>[]): Generator<Part> {
  yield* pagesIn(pages, executorForm)
  const count = (of: 'values' | 'hidden'): number =>
    pages.reduce((sum, page) => sum + (of === 'values' ? page.values.length : page.hiddenCount), 0)
  const hidden = Array<string>(count('hidden')).fill('{}').join(',')
  if (hidden !== '') yield count('values') === 0 ? hidden : `,${hidden}`
}

type Ends = { readonly before: Fragment; readonly after: Fragment }

/** What is before and after the lists of a framework. */
const endsKept = new WeakMap<ShownFramework, Ends>()

function endsOf(shown: ShownFramework): Ends {
  const known = endsKept.get(shown)
  if (known) return known
  const ends = {
    before: kept(() => `${frameworkBeforeTasks(shown).slice(0, -1)},`),
    after: kept(() => `,${frameworkAfterTasks(shown).slice(1)}`),
  }
  endsKept.set(shown, ends)
  return ends
}
