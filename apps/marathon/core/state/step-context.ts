/**
 * Collects what one step decides. All writes of a step form one transaction; everything others can observe
 * (calls to Mesos, answers, events) waits for it, and a step that writes nothing for what those before it decided:
 * a refusal, or a question about a task, tells of that as well. Probes and timers do not wait.
 */
import type { Millis, StoreWrite } from '@thermosphere/effects'
import type { scheduler } from '@thermosphere/protocol'
import type { Instance } from '../instance/index.ts'
import type { ApiResponse, Effect, Probe } from '../messages.ts'
import { formatTimestamp } from '../text/index.ts'
import { keys } from './keys.ts'
import type { MarathonState } from './state.ts'

type Told = Extract<Effect, { readonly type: 'respond' | 'call' | 'event' }>
const storeId = 1

export class StepContext {
  readonly state: MarathonState
  readonly now: Millis
  /** Apps whose instances or definition changed; they are evaluated before the step ends. */
  readonly changedApps = new Set<string>()
  isDemandChanged = false
  /** Roles with an instance that began to wait or may be launched again: old refusals of offers no longer hold. */
  readonly newDemand = new Set<string>()
  readonly #writes = new Map<string, StoreWrite>()
  readonly #told: Told[] = []
  readonly #others: Effect[] = []
  readonly #touched = new Map<string, Instance>()

  constructor(state: MarathonState, now: Millis) {
    this.state = state
    this.now = now
  }

  put(key: string, value: unknown): void {
    this.#writes.set(key, { type: 'put', key, value: JSON.stringify({ version: 1, value }) })
  }

  remove(key: string): void {
    this.#writes.set(key, { type: 'delete', key })
  }

  /** The instance changed: it is stored once, as it is when the step ends. */
  touch(instance: Instance): void {
    this.#touched.set(instance.id, instance)
    this.changedApps.add(instance.appId)
    this.isDemandChanged = true
  }

  forget(instance: Instance): void {
    this.#touched.delete(instance.id)
    this.changedApps.add(instance.appId)
    this.isDemandChanged = true
    this.remove(keys.instance(instance.id))
  }

  /** While there is no subscription nothing is sent: what still matters then is decided anew with the next one. */
  call(call: scheduler.Call): void {
    if (!this.state.mesos.isConnected) return
    this.#told.push({ type: 'call', call })
  }

  event(eventType: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const data = { ...fields, eventType, timestamp: formatTimestamp(this.now) }
    this.#told.push({ type: 'event', event: { eventType, data } })
  }

  respond(requestId: number, response: ApiResponse): void {
    this.#told.push({ type: 'respond', requestId, response })
  }

  probe(key: string, taskId: string, probe: Probe): void {
    this.#others.push({ type: 'probe', key, taskId, probe })
  }

  timer(key: string, at: Millis | undefined): void {
    this.#others.push({ type: 'timer', key, at })
  }

  finish(): Effect[] {
    for (const instance of this.#touched.values()) this.put(keys.instance(instance.id), instance)
    const writes = [...this.#writes.values()]
    if (writes.length === 0 && this.#told.length === 0) return this.#others
    const told = this.#told.map((effect) => ({ ...effect, after: storeId }))
    return [{ type: 'store', id: storeId, writes }, ...this.#others, ...told]
  }
}
