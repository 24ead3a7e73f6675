import type { Millis, StoreWrite, TimerEffect } from '@thermosphere/effects'
import type { AgentAction, AgentEffect } from './effects.ts'
import type { AgentState } from './state.ts'

const STORE_ID = 1

/**
 * One step in the making: what it writes and what it wants done. Everything given to `durable` is performed after
 * the writes of this step (and, because writes are persisted in order, of all steps before).
 */
export class Turn {
  readonly state: AgentState
  readonly now: Millis
  readonly #writes: StoreWrite[] = []
  readonly #effects: { readonly effect: AgentAction | TimerEffect; readonly durable: boolean }[] = []

  constructor(state: AgentState, now: Millis) {
    this.state = state
    this.now = now
  }

  put(key: string, value: unknown): void {
    this.#writes.push({ type: 'put', key, value: JSON.stringify(value) })
  }

  remove(key: string): void {
    this.#writes.push({ type: 'delete', key })
  }

  removeBelow(prefix: string): void {
    this.#writes.push({ type: 'delete-prefix', prefix })
  }

  /** Performed as soon as possible. */
  soon(effect: AgentAction): void {
    this.#effects.push({ effect, durable: false })
  }

  /** Performed once everything written so far is on disk. */
  durable(effect: AgentAction): void {
    this.#effects.push({ effect, durable: true })
  }

  timer(key: string, at: Millis | undefined): void {
    this.#effects.push({ effect: { type: 'timer', key, at }, durable: false })
  }

  /** A step that writes nothing still keeps its durable effects behind the writes of earlier steps. */
  finish(): AgentEffect[] {
    const isOrdered = this.#effects.some(({ durable }) => durable)
    const effects = this.#effects.map(({ effect, durable }): AgentEffect =>
      durable && effect.type !== 'timer' ? { ...effect, after: STORE_ID } : effect,
    )
    if (this.#writes.length === 0 && !isOrdered) return effects
    return [{ type: 'store', id: STORE_ID, writes: this.#writes }, ...effects]
  }
}
