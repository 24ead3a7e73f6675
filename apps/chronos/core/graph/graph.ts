/** The graph of parents and children: acyclic, every parent known. */
import type { Job } from '../job/job.ts'
import { parentsOf } from '../job/job.ts'
import type { ChronosState, JobRecord } from '../state.ts'

/** In order of name, so that the same inputs have the same effects. */
export function childrenOf(state: ChronosState, name: string): JobRecord[] {
  const names = [...(state.children.get(name) ?? [])].sort()
  return names.flatMap((child) => state.jobs.get(child) ?? [])
}

/** Keeps the index of children right when the parents of a job become others; undefined: there is no such job. */
export function relink(state: ChronosState, before: Job | undefined, after: Job | undefined): void {
  for (const parent of before === undefined ? [] : parentsOf(before)) {
    const children = state.children.get(parent)
    children?.delete(before?.name ?? '')
    if (children?.size === 0) state.children.delete(parent)
  }
  if (after === undefined) return
  for (const parent of parentsOf(after)) {
    state.children.set(parent, (state.children.get(parent) ?? new Set()).add(after.name))
  }
}

/** The names along a cycle that `name` would close with these parents, first and last the same; undefined: none. */
export function findCycle(
  jobs: ReadonlyMap<string, JobRecord>,
  { name, parents }: { readonly name: string; readonly parents: readonly string[] },
): string[] | undefined {
  /** From each ancestor to the child through which it was reached. */
  const reachedFrom = new Map<string, string>(parents.map((parent) => [parent, name]))
  const pending = [...parents]
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    if (current === name) return pathTo(name, reachedFrom)
    const record = jobs.get(current)
    for (const parent of record === undefined ? [] : parentsOf(record.job)) {
      if (reachedFrom.has(parent)) continue
      reachedFrom.set(parent, current)
      pending.push(parent)
    }
  }
  return undefined
}

/** In order of running. */
function pathTo(name: string, reachedFrom: ReadonlyMap<string, string>): string[] {
  const path = [name]
  for (let current = reachedFrom.get(name); current !== undefined; current = reachedFrom.get(current)) {
    path.push(current)
    if (current === name) break
  }
  return path
}
