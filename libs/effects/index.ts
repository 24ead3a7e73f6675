export { assertNever, BrokenInvariant, invariant } from './invariant.ts'
export type { LoopEffect, Millis, StoreEffect, StoreWrite, TimerEffect } from './effects.ts'
export { createRandom } from './random.ts'
export type { Random } from './random.ts'
