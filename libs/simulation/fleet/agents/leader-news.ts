/**
 * Who leads, told to every agent of the fleet as a store would that they watch. One process would spend itself on
 * attempts of thousands of agents while nobody leads; and if it began the connections of all at once, it would get to
 * the answer of hardly any in time. So a leader is told to a few more than have reached it.
 */
import type { LeaderSource } from '@thermosphere/protocol/node'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { begunATurn, caughtUp } from './pace-of-links.ts'

export class LeaderNews {
  readonly #followers = new Set<() => void>()
  #leader: string | undefined
  #version = 0

  readonly source: LeaderSource = (signal) => this.#follow(signal)

  /** Resolves when all have been told. `reachedCount` says how many have reached the leader. */
  async tell(leader: string | undefined, reachedCount: () => number = () => Infinity): Promise<void> {
    this.#leader = leader
    this.#version++
    for (const [index, wake] of [...this.#followers].entries()) {
      // It may be closed by now: then nobody waits for it.
      if (!this.#followers.has(wake)) continue
      wake()
      if ((index + 1) % begunATurn !== 0) continue
      await (leader === undefined ? nextTurn() : caughtUp(index + 1, reachedCount))
    }
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<string | undefined> {
    while (!signal.aborted) {
      const version = this.#version
      yield this.#leader
      if (version === this.#version) await this.#change(signal)
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#followers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#followers.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
