import type { StoreWrite } from '@thermosphere/effects'

/** What one persist will make durable, and the effects that wait for it. Later writes of a key replace earlier ones. */
export class Batch<Effect> {
  readonly #writes = new Map<string, StoreWrite>()
  readonly held: Effect[] = []

  get writeCount(): number {
    return this.#writes.size
  }

  get isEmpty(): boolean {
    return this.#writes.size === 0 && this.held.length === 0
  }

  add(write: StoreWrite): void {
    const slot = write.type === 'delete-prefix' ? `prefix ${write.prefix}` : `key ${write.key}`
    if (write.type === 'delete-prefix') this.#dropUnder(write.prefix)
    // Re-inserted at the end: a put after a delete-prefix of its folder must stay after it.
    this.#writes.delete(slot)
    this.#writes.set(slot, write)
  }

  writes(): StoreWrite[] {
    return [...this.#writes.values()]
  }

  #dropUnder(prefix: string): void {
    for (const [slot, write] of this.#writes) {
      if (write.type !== 'delete-prefix' && write.key.startsWith(prefix)) this.#writes.delete(slot)
    }
  }
}
