import type { Random } from '@thermosphere/effects'
import type { Vector } from '../vectors.ts'

/** One competitor for resources: a role among its siblings, or a framework within a role. */
export interface Competitor {
  readonly path: string
  weight: number
  /** Offered and used scalars. */
  readonly allocated: Vector
  /** How often something was allocated. */
  count: number
  /** Where it stands. Written by the order only. */
  place: Place | undefined
}

/** What a competitor was put in order by. */
export interface Place {
  /** Of the total that the order goes by. */
  share: number
  count: number
  /** What it has, or its weight, has changed since. */
  isOld: boolean
}

/** The cluster's scalars: the denominator of every share. `version` grows with each change. */
export interface ClusterTotal {
  readonly vector: Vector
  /** The part of it that can count against a quota: unreserved and not revocable. */
  readonly quotaScalars: Vector
  readonly excluded: ReadonlySet<number>
  version: number
}

/** By dominant share, or by lot. */
export type SorterKind = 'drf' | 'random'

/** Gives a source of randomness of its own to each level of the role tree, and to each role for its frameworks. */
export type Lots = (level: string) => Random

/** Competitors in the order in which they are served. */
export interface Order<C extends Competitor> {
  readonly size: number
  add(competitor: C): void
  remove(competitor: C): void
  /** To be called after its allocation or weight changed. */
  touch(competitor: C): void
  /** Who goes first comes first. Nothing may be added or removed while it is read. */
  sorted(lots: Lots, level: string): Iterable<C>
}
