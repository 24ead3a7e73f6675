/** The disk of one host: batches of writes in order. A crash keeps what was synced, and perhaps what was under way. */
import { applyWrites } from '@thermosphere/effects'
import type { Millis, Random, StoreWrite } from '@thermosphere/effects'
import type { SimProcess } from './process.ts'

/** A batch takes at most as long while nothing is wrong. */
export const calmDiskMs: Millis = 10

export class SimDisk {
  readonly entries = new Map<string, string>()
  latencyMs = calmDiskMs
  /** The next batch is refused: the disk is full. */
  isFull = false
  onSynced: () => void = () => undefined
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  get isCalm(): boolean {
    return !this.isFull && this.latencyMs <= calmDiskMs
  }

  /** Resolves once the writes are on the disk. */
  persist(process: SimProcess, writes: readonly StoreWrite[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (!process.act()) return promise
    if (this.isFull) {
      process.after(1, () => process.settle(() => reject(new Error('the disk is full'))))
      return promise
    }
    const onCrash = (): void => {
      if (this.#random.fraction() < 0.5) this.#apply(writes)
    }
    process.onCrash(onCrash)
    process.after(1 + this.#random.integer(this.latencyMs), () => {
      process.offCrash(onCrash)
      this.#apply(writes)
      process.settle(resolve)
    })
    return promise
  }

  #apply(writes: readonly StoreWrite[]): void {
    applyWrites(this.entries, writes)
    this.onSynced()
  }
}
