import type { LoopEffect } from '@thermosphere/effects'
import { CoreLoop } from '@thermosphere/service-kit'
import type { CoreLoopOptions } from '@thermosphere/service-kit'
import type { Leadership } from '@thermosphere/store'
import { persistAsLeader } from '../persist-as-leader.ts'
import type { Surroundings } from './surroundings.ts'

export type TermOptions = Surroundings & {
  readonly leadership: Leadership
  /** Ends the term, for the error if there is one. */
  readonly end: (error?: unknown) => void
}

type Core<Input, Effect extends LoopEffect> = Pick<CoreLoopOptions<Input, Effect>, 'step' | 'perform' | 'timerInput'>

/** The real core loop of a leading framework, its writes fenced by the lease. */
export class TermLoop<Input, Effect extends LoopEffect> {
  readonly #loop: CoreLoop<Input, Effect>
  #persistingCount = 0

  constructor(options: TermOptions, core: Core<Input, Effect>) {
    this.#loop = new CoreLoop<Input, Effect>({
      ...core,
      persist: async (operations) => {
        this.#persistingCount++
        await persistAsLeader(options, operations)
        this.#persistingCount--
      },
      clock: options.loopClock,
      onFatal: options.end,
    })
  }

  /** Nothing is decided that is not stored, and the store has all that was decided. */
  get isSettled(): boolean {
    const { queuedCount, unpersistedWriteCount, heldEffectCount } = this.#loop.stats()
    return queuedCount + unpersistedWriteCount + heldEffectCount + this.#persistingCount === 0
  }

  submit(input: Input): void {
    this.#loop.submit(input)
  }

  close(): Promise<void> {
    return this.#loop.close()
  }
}
