import type { Instance } from '../instance/index.ts'
import type { StepContext } from '../state/index.ts'
import { forgetHealthChecks } from './checks.ts'
import { forgetReadiness } from './readiness.ts'

export { onAgentHealth, onHealthProbe, onHealthTimer, startHealthChecks } from './checks.ts'
export type { Verdict } from './checks.ts'
export { isHealthKnown, isHealthy, isReady, onReadinessProbe, onReadinessTimer, startReadiness } from './readiness.ts'

/** The task is gone: so is everything that was known of its health. */
export function forgetChecks(ctx: StepContext, instance: Instance): void {
  forgetHealthChecks(ctx, instance)
  forgetReadiness(ctx, instance)
  ctx.state.checkResults.delete(instance.id)
}
