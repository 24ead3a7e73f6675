import type { mesos } from '@thermosphere/protocol'
import { createRing } from '../ring.ts'
import { PagedList } from './paged-list.ts'
import type { Page } from './page.ts'
import type { Task, TaskId } from '../model.ts'

type Counts = Map<mesos.TaskState, number>

/** Tasks of a framework by id, with what endpoints need of them kept up to date. */
export class TaskBook {
  readonly #tasks = new Map<TaskId, Task>()
  readonly #wires = new PagedList<Task, mesos.Task>()
  readonly #counts: Counts = new Map()
  #revision = 0

  /** Grows whenever a count may have changed. */
  get revision(): number {
    return this.#revision
  }

  get size(): number {
    return this.#tasks.size
  }

  get(id: TaskId): Task | undefined {
    return this.#tasks.get(id)
  }

  has(id: TaskId): boolean {
    return this.#tasks.has(id)
  }

  keys(): IterableIterator<TaskId> {
    return this.#tasks.keys()
  }

  values(): IterableIterator<Task> {
    return this.#tasks.values()
  }

  [Symbol.iterator](): IterableIterator<[TaskId, Task]> {
    return this.#tasks.entries()
  }

  /** Returns which task had the id before. */
  set(id: TaskId, task: Task): Task | undefined {
    const before = this.#tasks.get(id)
    if (before && before !== task) this.#forget(before)
    if (before !== task) this.#count(task.wire.state, 1)
    this.#tasks.set(id, task)
    this.#wires.set(task, task.wire)
    return before
  }

  delete(id: TaskId): boolean {
    const task = this.#tasks.get(id)
    if (task) this.#forget(task)
    return this.#tasks.delete(id)
  }

  /** The record of a task of this book was `before` until now. */
  rewritten(task: Task, before: mesos.Task): void {
    if (!this.#wires.has(task)) return
    this.#wires.set(task, task.wire)
    this.#count(before.state, -1)
    this.#count(task.wire.state, 1)
  }

  count(state: mesos.TaskState): number {
    return this.#counts.get(state) ?? 0
  }

  snapshot(): readonly Page<mesos.Task>[] {
    return this.#wires.snapshot()
  }

  #forget(task: Task): void {
    this.#wires.delete(task)
    this.#count(task.wire.state, -1)
  }

  #count(state: mesos.TaskState, by: number): void {
    this.#revision++
    this.#counts.set(state, this.count(state) + by)
  }
}

/** The tasks that ended last, oldest first. */
export interface TaskHistory {
  push(task: Task): void
  remove(id: TaskId): void
  values(): readonly Task[]
  snapshot(): readonly Page<mesos.Task>[]
}

export function createTaskHistory(capacity: number): TaskHistory {
  const wires = new PagedList<Task, mesos.Task>()
  const ring = createRing<Task>(capacity, (task) => void wires.delete(task))
  return {
    push(task) {
      wires.set(task, task.wire)
      ring.push(task)
    },
    remove(id) {
      for (const task of ring.values()) if (task.id === id) wires.delete(task)
      ring.remove((task) => task.id === id)
    },
    values: () => ring.values(),
    snapshot: () => wires.snapshot(),
  }
}
