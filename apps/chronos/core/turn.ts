/** One step's effects while they are collected: at most one store write, and everything others see after it. */
import type { Millis, StoreWrite } from '@thermosphere/effects'
import type { scheduler } from '@thermosphere/protocol'
import type { ChronosEvent, Effect, Notification, Reply } from './messages.ts'
import { isActive } from './state.ts'
import type { ChronosState, JobRecord, Run } from './state.ts'
import { jobKey, runKey, storedJob, storedRun } from './stored.ts'

const storeId = 1

export class Turn {
  readonly state: ChronosState
  readonly now: Millis
  readonly #writes = new Map<string, StoreWrite>()
  readonly #effects: Effect[] = []
  readonly #told = new Set<string>()

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
    const { runs, config } = this.state
    runs.put(run)
    this.write({ type: 'put', key: runKey(run), value: JSON.stringify(storedRun(run)) })
    this.event({ type: 'run_updated', run })
    const bounds = { job: run.job, perJob: config.historyRunsMax, total: config.historyTotalMax }
    if (!isActive(run)) this.forget(runs.takeSurplus(bounds))
  }

  /** Deletes runs from the store that the index has forgotten. */
  forget(runs: readonly Run[]): void {
    for (const run of runs) this.write({ type: 'delete', key: runKey(run) })
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

  /** Once a step: followers are shown what things are when the event is sent. */
  event(event: ChronosEvent): void {
    const key = `${event.type} ${event.type === 'run_updated' ? event.run.id : event.name}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.#effects.push({ type: 'event', event })
  }

  count(metric: string, options: { readonly job?: string; readonly valueMs?: Millis } = {}): void {
    this.#effects.push({ type: 'count', metric, ...options })
  }

  notify(notification: Notification): void {
    this.#effects.push({ type: 'notify', notification })
  }

  resubscribe(): void {
    this.#effects.push({ type: 'resubscribe' })
  }

  /**
   * Whatever others can see waits for the write of the same step, and without one for what the steps before decided:
   * a refusal, or a question about a task, tells of that as well.
   */
  effects(): Effect[] {
    if (this.#writes.size === 0 && !this.#effects.some(isTold)) return this.#effects
    const write: Effect = { type: 'store', id: storeId, writes: [...this.#writes.values()] }
    return [write, ...this.#effects.map((effect) => (isTold(effect) ? { ...effect, after: storeId } : effect))]
  }
}

type Told = Exclude<Effect, { readonly type: 'timer' | 'count' | 'store' }>

function isTold(effect: Effect): effect is Told {
  return effect.type !== 'timer' && effect.type !== 'count' && effect.type !== 'store'
}
