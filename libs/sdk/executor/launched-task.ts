/** A task as its executor runs it. */
import { errorMessage } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import type { ExecutorStatus } from '@thermosphere/protocol/node'
import { FAILURE_MESSAGE_CHARS_MAX } from '../limits.ts'

/** What a status may carry besides its state. `data` reaches the framework's `onUpdate`. */
export type StatusFields = Pick<mesos.TaskStatus, 'message' | 'data' | 'healthy' | 'labels'>

/** Why a task's signal was aborted. */
export class TaskKilled extends Error {
  /** `kill`: the framework asked for the end of this task. `shutdown`: the whole executor ends. */
  readonly by: 'kill' | 'shutdown'
  /** Milliseconds to end in. */
  readonly graceMs: number
  constructor(options: { readonly by: 'kill' | 'shutdown'; readonly graceMs: number }) {
    super(`the task is to end within ${options.graceMs} ms (${options.by})`)
    this.name = 'TaskKilled'
    this.by = options.by
    this.graceMs = options.graceMs
  }
}

export type LaunchedTask = {
  readonly id: string
  readonly info: mesos.TaskInfo
  /** Aborts with TaskKilled when the task is to end. What then becomes of it counts as killed. */
  readonly signal: AbortSignal
  /** Says that it runs; again, to tell of progress or health. */
  readonly running: (fields?: StatusFields) => void
}

/** Runs a task: it finishes with what this resolves with, and fails with the message of what it rejects with. */
export type Launch = (task: LaunchedTask) => Promise<StatusFields | void>

export type TaskRunOptions = {
  readonly info: mesos.TaskInfo
  readonly launch: Launch
  readonly update: (status: ExecutorStatus) => void
}

const failureMessage = (error: unknown): string => errorMessage(error).slice(0, FAILURE_MESSAGE_CHARS_MAX)

/** From STARTING to its end. */
export class TaskRun {
  readonly #options: TaskRunOptions
  readonly #abort = new AbortController()

  constructor(options: TaskRunOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { info, launch } = this.#options
    this.#update('TASK_STARTING')
    const running = (fields: StatusFields = {}): void => {
      if (!this.#abort.signal.aborted) this.#update('TASK_RUNNING', fields)
    }
    try {
      const fields = await launch({ id: info.task_id.value, info, signal: this.#abort.signal, running })
      this.#update(this.#abort.signal.aborted ? 'TASK_KILLED' : 'TASK_FINISHED', fields ?? {})
    } catch (error) {
      this.#update(this.#abort.signal.aborted ? 'TASK_KILLED' : 'TASK_FAILED', { message: failureMessage(error) })
    }
  }

  /** Says so with TASK_KILLING if the framework knows that state. */
  kill(reason: TaskKilled, options: { readonly saysKilling: boolean }): void {
    if (this.#abort.signal.aborted) return
    if (options.saysKilling) this.#update('TASK_KILLING')
    this.#abort.abort(reason)
  }

  #update(state: mesos.TaskState, fields: StatusFields = {}): void {
    this.#options.update({ task_id: this.#options.info.task_id, state, ...fields })
  }
}
