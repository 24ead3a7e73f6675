import type { Milli } from '../resources/index.ts'

/** Scalars by the index of their name; a missing entry is 0. Mutable and dense: made for the allocation loop. */
export type Vector = number[]

/** Gives each resource name a small index, for the life of the allocator. */
export class ScalarNames {
  private readonly indexes = new Map<string, number>()
  readonly names: string[] = []

  indexOf(name: string): number {
    const known = this.indexes.get(name)
    if (known !== undefined) return known
    this.indexes.set(name, this.names.length)
    this.names.push(name)
    return this.names.length - 1
  }

  toQuantities(vector: Vector): Map<string, Milli> {
    const result = new Map<string, Milli>()
    for (const [i, milli] of vector.entries()) if (milli > 0) result.set(this.names[i] ?? '', milli)
    return result
  }
}

export function addAt(vector: Vector, index: number, milli: Milli): void {
  while (vector.length <= index) vector.push(0)
  vector[index] = (vector[index] ?? 0) + milli
}

export function addVector(vector: Vector, delta: Vector): void {
  for (let i = 0; i < delta.length; i++) addAt(vector, i, delta[i] as number)
}

export function isZero(vector: Vector): boolean {
  return vector.every((milli) => milli === 0)
}
