/**
 * Asks for the states of tasks until each has been answered: the master may stay silent about tasks of agents that have
 * not re-registered yet. Repeats for the remaining tasks with truncated exponential backoff.
 */
import type * as mesos from '../wire/mesos.gen.ts'
import type * as scheduler from '../wire/scheduler.gen.ts'

export type ReconcileTask = scheduler.Call_Reconcile_Task

export type ReconciliationOptions = {
  /** Sends one RECONCILE; a failure counts as no answer. */
  readonly send: (tasks: ReconcileTask[]) => Promise<void>
  /** The first wait for answers, doubled after each round. */
  readonly minMs: number
  readonly maxMs: number
  /** Jitter: each wait is drawn from the upper half of its bound. */
  readonly random?: () => number
  readonly onFailure?: (error: unknown) => void
  readonly onDone?: () => void
}

export class Reconciliation {
  readonly #options: ReconciliationOptions
  readonly #pending = new Map<string, ReconcileTask>()
  #timer: NodeJS.Timeout | undefined
  #boundMs: number

  constructor(options: ReconciliationOptions) {
    this.#options = options
    this.#boundMs = options.minMs
  }

  /** Adds tasks to ask for and starts over with the shortest wait. */
  start(tasks: readonly ReconcileTask[]): void {
    for (const task of tasks) this.#pending.set(task.task_id.value, task)
    this.#boundMs = this.#options.minMs
    this.#ask()
  }

  /** Every status update goes through here; any of them answers for its task. */
  observe(status: mesos.TaskStatus): void {
    if (!this.#pending.delete(status.task_id.value) || this.#pending.size > 0) return
    this.close()
    this.#options.onDone?.()
  }

  isPending(taskId: string): boolean {
    return this.#pending.has(taskId)
  }

  /** Tasks without an answer. */
  get pendingCount(): number {
    return this.#pending.size
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending.clear()
  }

  #ask(): void {
    clearTimeout(this.#timer)
    if (this.#pending.size === 0) return
    const { send, onFailure, maxMs, random = Math.random } = this.#options
    send([...this.#pending.values()]).catch((error: unknown) => onFailure?.(error))
    this.#timer = setTimeout(() => this.#ask(), this.#boundMs * (0.5 + random() / 2))
    this.#boundMs = Math.min(maxMs, this.#boundMs * 2)
  }
}
