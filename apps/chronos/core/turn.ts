/** One step's effects while they are collected: at most one store write, and everything others see after it. */
import type { Millis, StoreWrite } from '@thermosphere/effects'
import type { scheduler } from '@thermosphere/protocol'
import type { ChronosEvent, Effect, Reply } from './messages.ts'
import { isActive } from './state.ts'
import type { ChronosState, JobRecord, Run } from './state.ts'
import { jobKey, runKey, storedJob, storedRun } from './stored.ts'

const storeId = 1

export class Turn {
  readonly state: ChronosState
  readonly now: Millis
  readonly #writes = new Map<string, StoreWrite>()
  readonly #effects: Effect[] = []

  constructor(state: ChronosState, now: Millis) {
    this.state = state
    this.now = now
  }

  write(write: Extract<StoreWrite, { key: string }>): void {
    this.#writes.set(write.key, write)
  }

  saveJob(record: JobRecord): void {
    this.write({ type: 'put', key: jobKey(record.job.name), value: JSON.stringify(storedJob(record)) })
    this.event({ type: 'job_updated', name: record.job.name })
  }

  /** Stores a run, keeps the indexes right and tells the followers. */
  saveRun(run: Run): void {
    const { state } = this
    if (isActive(run)) {
      state.active.set(run.id, run)
      state.byTask.set(run.taskId, run)
    } else if (state.active.delete(run.id) || run.state === 'missed') {
      this.#toHistory(run)
    }
    this.write({ type: 'put', key: runKey(run), value: JSON.stringify(storedRun(run)) })
    this.event({ type: 'run_updated', job: run.job, runId: run.id })
  }

  #toHistory(run: Run): void {
    const { history, config, byTask } = this.state
    const runs = history.get(run.job) ?? []
    history.set(run.job, runs)
    runs.push(run)
    while (runs.length > config.historyRunsMax) {
      const oldest = runs.shift()
      if (oldest === undefined) break
      if (byTask.get(oldest.taskId) === oldest) byTask.delete(oldest.taskId)
      this.write({ type: 'delete', key: runKey(oldest) })
    }
  }

  timer(key: string, at: Millis | undefined): void {
    this.#effects.push({ type: 'timer', key, at })
  }

  call(call: Omit<scheduler.Call, 'framework_id'>): void {
    this.#effects.push({ type: 'call', call })
  }

  reply(id: string, reply: Reply): void {
    this.#effects.push({ type: 'reply', id, reply })
  }

  event(event: ChronosEvent): void {
    this.#effects.push({ type: 'event', event })
  }

  count(metric: string, options: { readonly job?: string; readonly valueMs?: Millis } = {}): void {
    this.#effects.push({ type: 'count', metric, ...options })
  }

  resubscribe(): void {
    this.#effects.push({ type: 'resubscribe' })
  }

  /** Whatever others can see waits for the write of the same step. */
  effects(): Effect[] {
    if (this.#writes.size === 0) return this.#effects
    const write: Effect = { type: 'store', id: storeId, writes: [...this.#writes.values()] }
    const rest = this.#effects.map((effect) =>
      effect.type === 'timer' || effect.type === 'count' || effect.type === 'store'
        ? effect
        : { ...effect, after: storeId },
    )
    return [write, ...rest]
  }
}
