/** A seeded source of randomness: the same seed gives the same sequence on every machine. */
export interface Random {
  /** An integer in [0, 2^32). */
  uint32(): number
  /** A number in [0, 1). */
  fraction(): number
  /** An integer in [0, below). */
  integer(below: number): number
  bytes(length: number): Uint8Array
  /** A version 4 UUID in its text form. */
  uuid(): string
  /** The items in a new, shuffled array. */
  shuffle<T>(items: readonly T[]): T[]
}

/** sfc32 with its state filled from the seed by splitmix32. */
export function createRandom(seed: number): Random {
  let split = seed >>> 0
  const fill = (): number => {
    split = (split + 0x9e3779b9) >>> 0
    let z = split
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let a = fill()
  let b = fill()
  let c = fill()
  let counter = 1
  const uint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) uint32()
  const integer = (below: number): number => Math.floor((uint32() / 2 ** 32) * below)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => uint32() & 0xff)
  const uuid = (): string => {
    const raw = bytes(16)
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80
    const hex = raw.toHex()
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
  const shuffle = <T>(items: readonly T[]): T[] => {
    const result = [...items]
    for (let i = result.length - 1; i > 0; i--) {
      const j = integer(i + 1)
      const item = result[i] as T
      result[i] = result[j] as T
      result[j] = item
    }
    return result
  }
  return { uint32, fraction: () => uint32() / 2 ** 32, integer, bytes, uuid, shuffle }
}
