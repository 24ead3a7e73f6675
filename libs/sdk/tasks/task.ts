/** A launched task as its framework's author holds it. */
import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { TaskError } from '../errors.ts'
import { STATUSES_UNREAD_MAX } from '../limits.ts'
import { Mailbox } from './mailbox.ts'

export type KillOptions = {
  /** Milliseconds between SIGTERM and SIGKILL; the task's own kill policy, or the agent's default, unless given. */
  readonly graceMs?: number
}

/**
 * A task of the framework. It tells of an update after `onUpdate` has resolved for it: whoever waits here may rely on
 * what the handler wrote down. All its promises reject with the FrameworkError when the framework ends.
 *
 * To loop over it is to see its states, from the present one to the one it ends in.
 */
export interface Task extends AsyncIterable<mesos.TaskStatus> {
  readonly id: string
  /** Where it runs; not known of an adopted task that was given without. */
  readonly agentId: string | undefined
  /** TASK_STAGING until the first update. */
  readonly state: mesos.TaskState
  /** The last update; undefined until the first. */
  readonly status: mesos.TaskStatus | undefined
  /** Whether it has ended as far as is known. A lost agent may bring a task back: it is then a new handle's. */
  readonly hasEnded: boolean
  /** Resolves when it runs or has run; rejects with TaskError if it ends before. */
  running(): Promise<mesos.TaskStatus>
  /** Resolves when it has finished; rejects with TaskError if it ends in any other way. */
  finished(): Promise<mesos.TaskStatus>
  /** Resolves with the update that it ends with, whichever. */
  ended(): Promise<mesos.TaskStatus>
  /** Asks for its end, again and again until it has ended. Resolves with how it ended. */
  kill(options?: KillOptions): Promise<mesos.TaskStatus>
}

export const isTerminal = (state: mesos.TaskState): boolean => terminalTaskStates.has(state)

/**
 * UNKNOWN is no terminal state in Mesos' books, but a task that neither the master nor a registered agent knows will
 * not be heard of again unless its agent returns.
 */
const endsHandle = (state: mesos.TaskState): boolean => isTerminal(state) || state === 'TASK_UNKNOWN'

export type TrackedTaskOptions = {
  readonly id: string
  readonly agentId: string | undefined
  readonly kill: (task: TrackedTask, options: KillOptions) => void
}

/** What the framework does to a task besides. */
export class TrackedTask implements Task {
  readonly id: string
  readonly #kill: TrackedTaskOptions['kill']
  readonly #running = Promise.withResolvers<mesos.TaskStatus>()
  readonly #ended = Promise.withResolvers<mesos.TaskStatus>()
  readonly #readers = new Set<Mailbox<mesos.TaskStatus>>()
  #agentId: string | undefined
  #status: mesos.TaskStatus | undefined
  #abandoned: { readonly because: unknown } | undefined

  constructor({ id, agentId, kill }: TrackedTaskOptions) {
    this.id = id
    this.#agentId = agentId
    this.#kill = kill
    // Nobody may be waiting.
    for (const { promise } of [this.#running, this.#ended]) promise.catch(() => undefined)
  }

  get agentId(): string | undefined {
    return this.#agentId
  }

  get state(): mesos.TaskState {
    return this.#status?.state ?? 'TASK_STAGING'
  }

  get status(): mesos.TaskStatus | undefined {
    return this.#status
  }

  get hasEnded(): boolean {
    return endsHandle(this.state)
  }

  running(): Promise<mesos.TaskStatus> {
    return this.#running.promise
  }

  async finished(): Promise<mesos.TaskStatus> {
    const status = await this.#ended.promise
    if (status.state !== 'TASK_FINISHED') throw new TaskError(status)
    return status
  }

  ended(): Promise<mesos.TaskStatus> {
    return this.#ended.promise
  }

  kill(options: KillOptions = {}): Promise<mesos.TaskStatus> {
    if (!this.hasEnded && this.#abandoned === undefined) this.#kill(this, options)
    return this.#ended.promise
  }

  [Symbol.asyncIterator](): AsyncIterator<mesos.TaskStatus> {
    const onReturn = (): void => void this.#readers.delete(reader)
    const reader: Mailbox<mesos.TaskStatus> = new Mailbox({ unreadMax: STATUSES_UNREAD_MAX, onReturn })
    if (this.#status !== undefined) reader.push(this.#status)
    if (this.hasEnded) reader.end()
    else if (this.#abandoned !== undefined) reader.fail(this.#abandoned.because)
    else this.#readers.add(reader)
    return reader
  }

  /** An update that has been handled. */
  observe(status: mesos.TaskStatus): void {
    if (this.hasEnded) return
    const isRepeat = status.uuid === undefined && status.state === this.state && this.#status !== undefined
    this.#status = status
    this.#agentId = status.agent_id?.value ?? this.#agentId
    if (status.state === 'TASK_RUNNING') this.#running.resolve(status)
    if (this.hasEnded) {
      this.#running.reject(new TaskError(status))
      this.#ended.resolve(status)
    }
    if (isRepeat) return
    for (const reader of this.#readers) {
      reader.push(status)
      if (this.hasEnded) reader.end()
    }
  }

  /** Nothing more will be heard of it. */
  abandon(because: unknown): void {
    this.#abandoned ??= { because }
    this.#running.reject(because)
    this.#ended.reject(because)
    for (const reader of this.#readers) reader.fail(because)
    this.#readers.clear()
  }
}
