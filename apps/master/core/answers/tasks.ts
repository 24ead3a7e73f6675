import type { mesos } from '@thermosphere/protocol'
import type { Sight } from '../access/sight.ts'
import type { PageView } from '../books/page.ts'
import { taskForm } from './classic-forms.ts'
import { listed, render, runsOf } from './parts.ts'
import type { Rendering } from './parts.ts'
import { completedFrameworks, currentFrameworks, snapshotFramework } from './snapshot.ts'
import type { Framework, Master } from '../model.ts'

export interface TaskQuery {
  readonly frameworkId: string | undefined
  readonly taskId: string | undefined
  readonly limit: number
  readonly offset: number
  readonly order: 'asc' | 'desc'
}

/** `/tasks`: running, unreachable and completed tasks together, by the time of their first status. */
export function tasksAnswer(m: Master, sight: Sight, query: TaskQuery): Rendering {
  const { frameworkId } = query
  const frameworks = [...currentFrameworks(m, sight), ...completedFrameworks(m, sight)].filter(
    ({ id }) => frameworkId === undefined || id === frameworkId,
  )
  return renderTasks(
    frameworks.flatMap((framework) => taskPages(framework, sight)),
    query,
  )
}

function taskPages(framework: Framework, sight: Sight): PageView<mesos.Task>[] {
  const { tasks, unreachableTasks, completedTasks } = snapshotFramework(framework, sight)
  return [...tasks, ...unreachableTasks, ...completedTasks]
}

type Dated = { readonly task: mesos.Task; readonly at: number }

function* renderTasks(pages: readonly PageView<mesos.Task>[], query: TaskQuery): Rendering {
  const { offset, limit, order } = query
  const sign = order === 'asc' ? 1 : -1
  const compare = (left: Dated, right: Dated): number => sign * (left.at - right.at)
  const sorted = yield* firstTasks(pages, query, compare)
  const shown = sorted.slice(offset, offset + limit).map(({ task }) => task)
  return yield* render(function* () {
    yield '{'
    yield* listed('tasks', runsOf(shown, taskForm))
    yield '}'
  })
}

type Compare = (left: Dated, right: Dated) => number

/** The tasks until the end of the page that is asked for, in order. */
function* firstTasks(
  pages: readonly PageView<mesos.Task>[],
  { taskId, offset, limit }: TaskQuery,
  compare: Compare,
): Generator<undefined, Dated[]> {
  const count = offset + limit
  let found: Dated[] = []
  /** What comes after this is on a later page. */
  let last: Dated | undefined
  for (const { values } of pages) {
    for (const task of values) {
      if (taskId !== undefined && task.task_id.value !== taskId) continue
      const dated = { task, at: task.statuses?.[0]?.timestamp ?? 0 }
      if (last === undefined || compare(dated, last) < 0) found.push(dated)
    }
    if (count <= sliceLength && found.length > 2 * sliceLength) {
      found = found.sort(compare).slice(0, count)
      last = found.at(-1)
    }
    yield
  }
  return yield* sortInSlices(found, compare)
}

/** So many are sorted or merged without a pause: about a millisecond. */
const sliceLength = 4096

/** A stable merge sort that pauses. */
export function* sortInSlices<T>(
  values: readonly T[],
  compare: (left: T, right: T) => number,
): Generator<undefined, T[]> {
  let runs: T[][] = []
  for (let from = 0; from < values.length; from += sliceLength) {
    runs.push(values.slice(from, from + sliceLength).sort(compare))
    yield
  }
  while (runs.length > 1) {
    const longer: T[][] = []
    for (let at = 0; at < runs.length; at += 2)
      longer.push(yield* mergeInSlices(runs[at] ?? [], runs[at + 1] ?? [], compare))
    runs = longer
  }
  return runs[0] ?? []
}

function* mergeInSlices<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
): Generator<undefined, T[]> {
  const merged: T[] = []
  let atLeft = 0
  let atRight = 0
  while (atLeft < left.length || atRight < right.length) {
    // Both are there unless one side is used up; then the other is taken.
    const one = left[atLeft] as T
    const other = right[atRight] as T
    const isLeft = atRight >= right.length || (atLeft < left.length && compare(one, other) <= 0)
    merged.push(isLeft ? one : other)
    if (isLeft) atLeft++
    else atRight++
    if (merged.length % sliceLength === 0) yield
  }
  return merged
}
