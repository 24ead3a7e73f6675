/**
 * Asks for the states of tasks after each subscription and from time to time: for all that the master knows, then for
 * each that the framework believes in, until it has been answered.
 */
import type { mesos } from '@thermosphere/protocol'
import { Reconciliation } from '@thermosphere/protocol/node'
import type { ReconcileTask } from '@thermosphere/protocol/node'
import { RECONCILE_AGAIN_MAX_MS, RECONCILE_AGAIN_MIN_MS } from '../limits.ts'

export type ReconcilerOptions = {
  /** Sends one RECONCILE; no tasks means all. A failure counts as no answer. */
  readonly send: (tasks: ReconcileTask[]) => Promise<void>
  /** Tasks that have not ended. */
  readonly tasks: () => ReconcileTask[]
  readonly intervalMs: number
  readonly onFailure: (error: unknown) => void
}

export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #pending: Reconciliation
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#pending = new Reconciliation({
      send: options.send,
      minMs: RECONCILE_AGAIN_MIN_MS,
      maxMs: RECONCILE_AGAIN_MAX_MS,
      onFailure: options.onFailure,
    })
  }

  /** A round now, and one after each interval. */
  start(): void {
    clearTimeout(this.#timer)
    const { send, tasks, intervalMs, onFailure } = this.#options
    this.#timer = setTimeout(() => this.start(), intervalMs)
    send([]).catch(onFailure)
    this.#pending.start(tasks())
  }

  /** Asks for more, unless they are being asked for. */
  ask(tasks: readonly ReconcileTask[]): void {
    const more = tasks.filter(({ task_id }) => !this.#pending.isPending(task_id.value))
    if (more.length > 0) this.#pending.start(more)
  }

  /** Any handled status of a task answers for it. */
  observe(status: mesos.TaskStatus): void {
    this.#pending.observe(status)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#pending.close()
  }
}
