import { invariant } from '@thermosphere/effects'
import { parseTaskId } from '../ids/index.ts'
import { isPlaced } from './instance.ts'
import type { Instance, InstanceState } from './instance.ts'

/** All instances with their indexes: by id, by app, and those that wait for an offer. */
export class Instances {
  readonly #byId = new Map<string, Instance>()
  readonly #byApp = new Map<string, Map<string, Instance>>()
  readonly #waiting = new Map<string, Set<Instance>>()

  get size(): number {
    return this.#byId.size
  }

  all(): Iterable<Instance> {
    return this.#byId.values()
  }

  get(id: string): Instance | undefined {
    return this.#byId.get(id)
  }

  /** The instance whose current task has this id. */
  ofTask(taskId: string): Instance | undefined {
    const instance = this.#byId.get(parseTaskId(taskId)?.instanceId ?? '')
    return instance && isPlaced(instance.state) && instance.state.task.id === taskId ? instance : undefined
  }

  of(appId: string): Instance[] {
    return [...(this.#byApp.get(appId)?.values() ?? [])]
  }

  countOf(appId: string): number {
    return this.#byApp.get(appId)?.size ?? 0
  }

  appIds(): Iterable<string> {
    return this.#byApp.keys()
  }

  /** Apps with instances that wait for an offer, with those instances in order of arrival. */
  waiting(): ReadonlyMap<string, ReadonlySet<Instance>> {
    return this.#waiting
  }

  add(instance: Instance): void {
    invariant(!this.#byId.has(instance.id), 'an instance id is used once', { instanceId: instance.id })
    this.#byId.set(instance.id, instance)
    const siblings = this.#byApp.get(instance.appId) ?? new Map<string, Instance>()
    siblings.set(instance.id, instance)
    this.#byApp.set(instance.appId, siblings)
    this.#index(instance)
  }

  setState(instance: Instance, state: InstanceState): void {
    instance.state = state
    this.#index(instance)
  }

  remove(instance: Instance): void {
    this.#byId.delete(instance.id)
    const siblings = this.#byApp.get(instance.appId)
    siblings?.delete(instance.id)
    if (siblings?.size === 0) this.#byApp.delete(instance.appId)
    this.#dropWaiting(instance)
  }

  #index(instance: Instance): void {
    if (isPlaced(instance.state) || instance.goal !== 'Running') {
      this.#dropWaiting(instance)
      return
    }
    const waiting = this.#waiting.get(instance.appId) ?? new Set<Instance>()
    waiting.add(instance)
    this.#waiting.set(instance.appId, waiting)
  }

  #dropWaiting(instance: Instance): void {
    const waiting = this.#waiting.get(instance.appId)
    waiting?.delete(instance)
    if (waiting?.size === 0) this.#waiting.delete(instance.appId)
  }
}
