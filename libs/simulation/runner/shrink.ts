/** Makes a failing scenario smaller as long as it fails in the same way. */
import { simulate } from '../world/simulate.ts'
import type { Scenario } from '../scenario/scenario.ts'

const triesMax = 400

export class Shrinker {
  readonly #invariant: string
  #best: Scenario
  #tries = 0

  constructor(scenario: Scenario, invariant: string) {
    this.#best = scenario
    this.#invariant = invariant
  }

  async shrink(): Promise<Scenario> {
    for (let before: Scenario | undefined; before !== this.#best && this.#tries < triesMax;) {
      before = this.#best
      await this.#shrinkList('faults')
      await this.#shrinkList('actions')
      await this.#shrinkList('requests')
      await this.#shrinkTime()
    }
    return this.#best
  }

  /** Drops halves, quarters, and at last single elements. */
  async #shrinkList(list: 'faults' | 'actions' | 'requests'): Promise<void> {
    for (let size = Math.ceil(this.#best[list].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < this.#best[list].length;) {
        const rest = this.#best[list].filter((_, i) => i < at || i >= at + size)
        if (!(await this.#accept({ ...this.#best, [list]: rest }))) at += size
      }
    }
  }

  /** What comes after the last element adds nothing. */
  async #shrinkTime(): Promise<void> {
    const { faults, actions, requests } = this.#best
    const times = [...[...faults, ...actions].map(({ at }) => at), ...requests.map(({ after }) => after)]
    const last = Math.max(0, ...times)
    const durationMs = last + 1_000
    if (durationMs < this.#best.durationMs) await this.#accept({ ...this.#best, durationMs })
  }

  async #accept(scenario: Scenario): Promise<boolean> {
    if (this.#tries++ >= triesMax) return false
    const { violation } = await simulate({ scenario })
    const isSame = violation?.invariant === this.#invariant
    if (isSame) this.#best = scenario
    return isSame
  }
}
