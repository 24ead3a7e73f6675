const none = new Uint32Array(0)

/** A set of small integers, 32 to a word. */
export class BitSet {
  private words = none

  add(index: number): void {
    const at = index >>> 5
    if (at >= this.words.length) this.grow(at + 1)
    this.words[at] = (this.words[at] as number) | (1 << (index & 31))
  }

  delete(index: number): void {
    const at = index >>> 5
    if (at < this.words.length) this.words[at] = (this.words[at] as number) & ~(1 << (index & 31))
  }

  has(index: number): boolean {
    return (((this.words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1
  }

  clear(): void {
    if (this.words.length > 0) this.words.fill(0)
  }

  isWithin(that: BitSet): boolean {
    for (let i = 0; i < this.words.length; i++) {
      if (((this.words[i] as number) & ~(that.words[i] ?? 0)) !== 0) return false
    }
    return true
  }

  private grow(length: number): void {
    const words = new Uint32Array(Math.max(length, 2 * this.words.length))
    words.set(this.words)
    this.words = words
  }
}
