/**
 * Who leads, told to every agent of the fleet as a store would that they watch. One process would spend itself on
 * attempts of thousands of agents while nobody leads. They are told a few a turn, or the connections of all would have
 * to be begun in one, and none would be answered in time.
 */
import type { LeaderSource } from '@thermosphere/protocol/node'
import { setImmediate as nextTurn } from 'node:timers/promises'

const toldATurn = 32

export class LeaderNews {
  readonly #followers = new Set<() => void>()
  #leader: string | undefined
  #version = 0

  readonly source: LeaderSource = (signal) => this.#follow(signal)

  /** Resolves when all have been told. */
  async tell(leader: string | undefined): Promise<void> {
    this.#leader = leader
    this.#version++
    for (const [index, wake] of [...this.#followers].entries()) {
      wake()
      if ((index + 1) % toldATurn === 0) await nextTurn()
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
