import type { LoopEffect, StoreEffect, TimerEffect } from '@thermosphere/effects'

/** The effects that the shell carries out; store and timer effects are the loop's own. */
export type PerformedEffect<Effect> = Exclude<Effect, { readonly type: 'store' } | { readonly type: 'timer' }>

/** `type: 'store'` is reserved for store effects in every core. */
export const isStoreEffect = (effect: LoopEffect): effect is StoreEffect => effect.type === 'store'
/** `type: 'timer'` is reserved for timer effects in every core. */
export const isTimerEffect = (effect: LoopEffect): effect is TimerEffect => effect.type === 'timer'
/** Everything else is for the shell. */
export const isPerformed = <Effect extends LoopEffect>(effect: Effect): effect is PerformedEffect<Effect> =>
  !isStoreEffect(effect) && !isTimerEffect(effect)
