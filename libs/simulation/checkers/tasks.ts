/** Whether every task was started at most once and came to one end only. */
import { terminalTaskStates } from '@thermosphere/protocol'

/** Written by the task itself when it begins. */
export type TaskStart = { readonly taskId: string; readonly pid: number; readonly at: number }

/** What a framework was told about a task. */
export type TaskReport = { readonly taskId: string; readonly state: string }

export type TasksVerdict = {
  readonly isValid: boolean
  readonly started: number
  readonly ended: number
  readonly doubled: readonly { readonly taskId: string; readonly pids: readonly number[] }[]
  readonly ambiguous: readonly { readonly taskId: string; readonly states: readonly string[] }[]
  /** A task that was told to have ended and was told to run afterwards. */
  readonly risen: readonly string[]
}

/** The same state told again is no second end: updates are sent until they are acknowledged. */
const distinctEnds = (reports: readonly TaskReport[]): string[] => [
  ...new Set(reports.map(({ state }) => state).filter((state) => terminalTaskStates.has(state))),
]

const hasRisen = (reports: readonly TaskReport[]): boolean => {
  const end = reports.findIndex(({ state }) => terminalTaskStates.has(state))
  return end !== -1 && reports.slice(end).some(({ state }) => !terminalTaskStates.has(state))
}

/** `reports` are in the order in which they were told. */
export function checkTasks(starts: readonly TaskStart[], reports: readonly TaskReport[]): TasksVerdict {
  const started = Map.groupBy(starts, ({ taskId }) => taskId)
  const told = Map.groupBy(reports, ({ taskId }) => taskId)
  const doubled = [...started]
    .filter(([, group]) => group.length > 1)
    .map(([taskId, group]) => ({ taskId, pids: group.map(({ pid }) => pid) }))
  const ends = [...told].map(([taskId, group]) => ({ taskId, states: distinctEnds(group) }))
  const ambiguous = ends.filter(({ states }) => states.length > 1)
  const risen = [...told].filter(([, group]) => hasRisen(group)).map(([taskId]) => taskId)
  return {
    isValid: doubled.length === 0 && ambiguous.length === 0 && risen.length === 0,
    started: started.size,
    ended: ends.filter(({ states }) => states.length > 0).length,
    doubled,
    ambiguous,
    risen,
  }
}
