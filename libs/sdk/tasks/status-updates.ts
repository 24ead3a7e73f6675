/**
 * Hands status updates to the author and acknowledges them, in this order:
 *
 * U1 Those of one task one after another, those of several tasks beside each other.
 * U2 An update is acknowledged after the handler has resolved for it, and not if it rejects.
 * U3 An update that comes again while it is being handled is not handled twice; one that comes again afterwards, as its
 *    acknowledgement got lost, is acknowledged without the handler.
 */
import type { mesos } from '@thermosphere/protocol'
import { HANDLED_UPDATES_MAX, STATUSES_WAITING_MAX } from '../limits.ts'

export type StatusUpdatesOptions = {
  /** The author's handler. */
  readonly handle: (status: mesos.TaskStatus) => Promise<void>
  readonly acknowledge: (status: mesos.TaskStatus) => void
  /** Before the acknowledgement. */
  readonly onHandled: (status: mesos.TaskStatus) => void
  readonly onFailed: (status: mesos.TaskStatus, error: unknown) => void
}

type Line = { readonly waiting: mesos.TaskStatus[]; current: string | undefined }

const uuidOf = ({ uuid }: mesos.TaskStatus): string | undefined =>
  uuid === undefined || uuid.length === 0 ? undefined : Buffer.from(uuid).toString('hex')

export class StatusUpdates {
  readonly #options: StatusUpdatesOptions
  readonly #lines = new Map<string, Line>()
  /** The uuid of each task's last handled update, the longest unchanged first. */
  readonly #handled = new Map<string, string>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: StatusUpdatesOptions) {
    this.#options = options
  }

  receive(status: mesos.TaskStatus): void {
    const taskId = status.task_id.value
    const uuid = uuidOf(status)
    if (uuid !== undefined && this.#handled.get(taskId) === uuid) return this.#options.acknowledge(status)
    const line = this.#lines.get(taskId)
    if (line === undefined) return this.#start(taskId, status)
    if (uuid !== undefined && (line.current === uuid || line.waiting.some((one) => uuidOf(one) === uuid))) return
    line.waiting.push(status)
    dropOldAnswers(line.waiting)
  }

  /** Resolves when no handler is at work. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #start(taskId: string, status: mesos.TaskStatus): void {
    const line: Line = { waiting: [status], current: undefined }
    this.#lines.set(taskId, line)
    const run = this.#work(taskId, line).finally(() => this.#underWay.delete(run))
    this.#underWay.add(run)
  }

  async #work(taskId: string, line: Line): Promise<void> {
    for (let status = line.waiting.shift(); status !== undefined; status = line.waiting.shift()) {
      line.current = uuidOf(status)
      await this.#handle(taskId, status)
    }
    this.#lines.delete(taskId)
  }

  async #handle(taskId: string, status: mesos.TaskStatus): Promise<void> {
    const { handle, onHandled, onFailed, acknowledge } = this.#options
    try {
      await handle(status)
    } catch (error) {
      return onFailed(status, error)
    }
    const uuid = uuidOf(status)
    if (uuid !== undefined) this.#remember(taskId, uuid)
    onHandled(status)
    if (uuid !== undefined) acknowledge(status)
  }

  #remember(taskId: string, uuid: string): void {
    this.#handled.delete(taskId)
    this.#handled.set(taskId, uuid)
    const [oldest] = this.#handled.keys()
    if (this.#handled.size > HANDLED_UPDATES_MAX && oldest !== undefined) this.#handled.delete(oldest)
  }
}

/** An agent has one update of a task under way and repeats it; the master says a thing once, and the last counts. */
function dropOldAnswers(waiting: mesos.TaskStatus[]): void {
  const isAnswer = (status: mesos.TaskStatus): boolean => uuidOf(status) === undefined
  if (waiting.filter(isAnswer).length > STATUSES_WAITING_MAX) waiting.splice(waiting.findIndex(isAnswer), 1)
}
