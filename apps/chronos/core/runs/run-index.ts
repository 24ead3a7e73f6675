/** Every run that is remembered, found by id, task, job and state without a scan. */
import { isActive } from './run.ts'
import type { Run } from './run.ts'

/** What was missed has none. */
const taskIdsOf = ({ taskId, unconfirmed = [] }: Run): string[] =>
  taskId === '' ? [] : [taskId, ...unconfirmed.map((launch) => launch.taskId)]

export class RunIndex {
  /** Not ended, in order of creation. */
  readonly active = new Map<string, Run>()
  readonly queued = new Set<Run>()
  /** Also by the tasks of its unconfirmed launches. */
  readonly byTask = new Map<string, Run>()
  /** Ended and missed, oldest first. */
  readonly ended = new Map<string, Run>()
  readonly #activeByJob = new Map<string, Set<Run>>()
  readonly #endedByJob = new Map<string, Run[]>()

  /** Files a run under the state that it is in now. */
  put(run: Run): void {
    for (const taskId of taskIdsOf(run)) this.byTask.set(taskId, run)
    if (run.state === 'queued') this.queued.add(run)
    else this.queued.delete(run)
    if (isActive(run)) this.#putActive(run)
    else if (!this.ended.has(run.id)) this.#putEnded(run)
  }

  find(id: string): Run | undefined {
    return this.active.get(id) ?? this.ended.get(id)
  }

  activeOf(job: string): Run[] {
    return [...(this.#activeByJob.get(job) ?? [])]
  }

  /** Oldest first. */
  endedOf(job: string): readonly Run[] {
    return this.#endedByJob.get(job) ?? []
  }

  /** The oldest ended runs beyond one of the bounds; forgotten here, the caller deletes them from the store. */
  takeSurplus(bounds: { readonly job: string; readonly perJob: number; readonly total: number }): Run[] {
    const surplus: Run[] = []
    const ofJob = this.endedOf(bounds.job)
    for (let count = ofJob.length - bounds.perJob; count > 0; count--) surplus.push(...this.#takeOldest(ofJob[0]))
    while (this.ended.size > bounds.total) surplus.push(...this.#takeOldest(this.ended.values().next().value))
    return surplus
  }

  takeEndedBefore(time: number): Run[] {
    const taken: Run[] = []
    for (const run of this.ended.values()) {
      if ((run.endedAt ?? run.queuedAt) >= time) break
      taken.push(...this.#takeOldest(run))
    }
    return taken
  }

  #putActive(run: Run): void {
    this.active.set(run.id, run)
    const ofJob = this.#activeByJob.get(run.job) ?? new Set()
    this.#activeByJob.set(run.job, ofJob.add(run))
  }

  #putEnded(run: Run): void {
    this.active.delete(run.id)
    const ofJob = this.#activeByJob.get(run.job)
    ofJob?.delete(run)
    if (ofJob?.size === 0) this.#activeByJob.delete(run.job)
    this.ended.set(run.id, run)
    const ended = this.#endedByJob.get(run.job) ?? []
    this.#endedByJob.set(run.job, ended)
    ended.push(run)
  }

  /** Both orders are those of ending, so the oldest of all is the oldest of its job. */
  #takeOldest(run: Run | undefined): Run[] {
    if (run === undefined) return []
    this.ended.delete(run.id)
    for (const taskId of taskIdsOf(run)) if (this.byTask.get(taskId) === run) this.byTask.delete(taskId)
    const ofJob = this.#endedByJob.get(run.job)
    ofJob?.shift()
    if (ofJob?.length === 0) this.#endedByJob.delete(run.job)
    return [run]
  }
}
