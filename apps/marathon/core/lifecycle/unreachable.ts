/** Instances whose agent cannot be reached: first still counted, then replaced, then forgotten. */
import { appOfVersion } from '../state/index.ts'
import type { StepContext } from '../state/index.ts'
import type { Instance } from '../instance/index.ts'
import { isUnreachable } from '../instance/index.ts'
import { expunge, setCondition, unreachableTimer } from './transitions.ts'

/** Evaluates the strategy of the app now, and arms the timer for the next change. */
export function evaluateUnreachable(ctx: StepContext, instance: Instance): void {
  if (!isUnreachable(instance)) return
  const strategy = appOfVersion(ctx.state, instance.appId, instance.version)?.unreachableStrategy
  if (strategy === 'disabled') return
  const inactiveMs = (strategy?.inactiveAfterSeconds ?? 0) * 1000
  const expungeMs = (strategy?.expungeAfterSeconds ?? 0) * 1000
  const { since } = instance.state
  if (ctx.now >= since + expungeMs) {
    expunge(ctx, instance)
    return
  }
  const isInactive = ctx.now >= since + inactiveMs
  if (isInactive) setCondition(ctx, instance, { condition: 'UnreachableInactive', since })
  ctx.timer(unreachableTimer(instance.id), since + (isInactive ? expungeMs : inactiveMs))
}
