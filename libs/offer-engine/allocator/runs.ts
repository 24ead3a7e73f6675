import type { Millis } from '@thermosphere/effects'
import type { DueRun } from './agents/agenda.ts'
import { AllocationRun } from './run.ts'
import type { RunContext } from './run.ts'
import type { Allocation, RunObserver } from './types.ts'

/** A run that is not done; without `run` its filters are still to be looked at. */
interface Pending {
  readonly due: DueRun
  run: AllocationRun | undefined
}

/** To choose so many agents takes as long as to look at one framework. */
const agentsChosenAtOnce = 10

/** One run after the other, each in as many slices as it takes. */
export class Runs {
  /** Runs that have been started. */
  count = 0
  private readonly context: RunContext
  private readonly observer: RunObserver | undefined
  private pending: Pending | undefined

  constructor(context: RunContext, observer: RunObserver | undefined) {
    this.context = context
    this.observer = observer
  }

  get isInRun(): boolean {
    return this.pending !== undefined
  }

  /** Does about so much of what is due; returns what that granted. */
  advance(now: Millis, workMax: number): Allocation[] {
    const granted: Allocation[] = []
    for (let left = workMax; left > 0;) {
      this.pending ??= this.start(now)
      if (!this.pending) break
      left -= this.pending.run ? this.serve(this.pending.run, left, granted) : this.prepare(this.pending, left)
    }
    return granted
  }

  private start(now: Millis): Pending | undefined {
    const due = this.context.agenda.start(now)
    if (!due) return undefined
    this.count++
    this.observer?.started()
    return { due, run: undefined }
  }

  /** Drops the filters that have ended, then looks which agents the run is about. */
  private prepare(pending: Pending, workMax: number): number {
    const { filters, agenda, isOffered } = this.context
    const { now, batch } = pending.due
    const work = filters.expire({ now, batch, countMax: workMax }, (agentId) => agenda.unsettleId(agentId))
    if (work >= workMax) return work
    const candidates = agenda.candidates(pending.due).filter(isOffered)
    if (candidates.length === 0) this.end()
    else pending.run = new AllocationRun(this.context, candidates)
    return work + Math.floor(candidates.length / agentsChosenAtOnce)
  }

  private serve(run: AllocationRun, workMax: number, granted: Allocation[]): number {
    const work = run.advance(workMax)
    for (const allocation of run.takeGrants()) granted.push(allocation)
    if (run.isDone) this.end()
    return work
  }

  private end(): void {
    this.pending = undefined
    this.observer?.ended()
  }
}
