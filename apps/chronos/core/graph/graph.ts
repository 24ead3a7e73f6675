/** The graph of parents and children: acyclic, every parent known. */
import { parentsOf } from '../job/job.ts'
import type { JobRecord } from '../state.ts'

type Jobs = ReadonlyMap<string, JobRecord>

export const childrenOf = (jobs: Jobs, name: string): JobRecord[] =>
  [...jobs.values()].filter(({ job }) => parentsOf(job).includes(name))

/** The names along a cycle that `name` would close with these parents, first and last the same; undefined: none. */
export function findCycle(
  jobs: Jobs,
  { name, parents }: { readonly name: string; readonly parents: readonly string[] },
): string[] | undefined {
  const visited = new Set<string>()
  const walk = (current: string, path: readonly string[]): string[] | undefined => {
    if (current === name) return [...path, name]
    if (visited.has(current)) return undefined
    visited.add(current)
    const record = jobs.get(current)
    const next = record === undefined ? [] : parentsOf(record.job)
    for (const parent of next) {
      const found = walk(parent, [...path, current])
      if (found !== undefined) return found
    }
    return undefined
  }
  for (const parent of parents) {
    const found = walk(parent, [name])
    // Found from child to parent; read the other way round it is the order of running.
    if (found !== undefined) return found.reverse()
  }
  return undefined
}
