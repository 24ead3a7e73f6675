import type { StoreWrite } from '@thermosphere/effects'

/** How many bytes the registry's values have, kept up to date with what is written. */
export class RegistrySize {
  readonly #sizes = new Map<string, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  read(key: string, value: string): void {
    const size = Buffer.byteLength(value)
    this.#bytes += size - (this.#sizes.get(key) ?? 0)
    this.#sizes.set(key, size)
  }

  written(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      if (write.type === 'put') this.read(write.key, write.value)
      else if (write.type === 'delete') this.#forget(write.key)
      else this.#forgetUnder(write.prefix)
    }
  }

  #forgetUnder(prefix: string): void {
    for (const key of [...this.#sizes.keys()]) if (key.startsWith(prefix)) this.#forget(key)
  }

  #forget(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
  }
}
