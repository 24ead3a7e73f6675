import type { Violation } from '../world/report.ts'
import { chronosProblems } from '../hosts/chronos/chronos-end.ts'
import type { ChronosTerm } from '../hosts/chronos/chronos-term.ts'
import { marathonProblems } from '../hosts/marathon/marathon-end.ts'
import type { MarathonTerm } from '../hosts/marathon/marathon-term.ts'
import type { Memory } from '../workload/memory.ts'

type Group<T> = { readonly leader: T | undefined; readonly isThere: boolean }

export type End = {
  readonly marathon: Group<MarathonTerm>
  readonly chronos: Group<ChronosTerm>
  readonly memory: Memory
  /** Ids of all tasks whose processes run. */
  readonly tasks: readonly string[]
  readonly isAnswered: boolean
}

/** Where both must come to once everything is whole, and what is still missing. */
export function orchestrationProblems({ marathon, chronos, memory, tasks, isAnswered }: End): Violation[] {
  const problems: Violation[] = []
  const report = (invariant: string, message: string): void => void problems.push({ invariant, message })
  if (!isAnswered) report('clients-are-answered', 'a request still has no answer')
  for (const { leader } of [marathon, chronos])
    if (leader?.isConnected === false) report('frameworks-come-back', 'a leader has no subscription')
  if (marathon.leader !== undefined) {
    const running = new Set(tasks.filter((id) => id.includes('._app.')))
    marathonProblems({ state: marathon.leader.state, memory, running }, report)
  } else if (marathon.isThere) report('marathon-converges', 'nobody leads Marathon')
  if (chronos.leader !== undefined) {
    const running = new Set(tasks.filter((id) => id.startsWith('ct:')))
    chronosProblems({ state: chronos.leader.state, memory, running }, report)
  } else if (chronos.isThere) report('chronos-converges', 'nobody leads Chronos')
  return problems
}
