import type { CutEffect, LoopEffect, StoreEffect, TimerEffect } from '@thermosphere/effects'

/** The effects that the shell carries out; those of these types are the loop's own, in every core. */
export type PerformedEffect<Effect> = Exclude<Effect, { readonly type: 'store' | 'timer' | 'cut' }>

export const isStoreEffect = (effect: LoopEffect): effect is StoreEffect => effect.type === 'store'
export const isTimerEffect = (effect: LoopEffect): effect is TimerEffect => effect.type === 'timer'
export const isCutEffect = (effect: LoopEffect): effect is CutEffect => effect.type === 'cut'
/** Everything else is for the shell. */
export const isPerformed = <Effect extends LoopEffect>(effect: Effect): effect is PerformedEffect<Effect> =>
  !isStoreEffect(effect) && !isTimerEffect(effect) && !isCutEffect(effect)
