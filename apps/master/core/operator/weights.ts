import type { mesos } from '@thermosphere/protocol'
import { validateRole } from '@thermosphere/offer-engine'
import { persist, respond } from '../emit.ts'
import { rescindEach } from '../offers.ts'
import { putWeight } from '../registry.ts'
import type { Rest } from '../steps/rest.ts'
import type { Master, RequestId, RoleName } from '../model.ts'

function problem(m: Master, { role = '', weight }: mesos.WeightInfo): string | undefined {
  const invalid = validateRole(role)
  if (invalid !== undefined) return `Invalid role '${role}': ${invalid}`
  if (m.config.roles && role !== '*' && !m.config.roles.includes(role)) return `Unknown role '${role}'`
  return weight > 0 ? undefined : `Invalid weight '${weight}': Weights must be positive`
}

export function onUpdateWeights(m: Master, infos: readonly mesos.WeightInfo[], requestId: RequestId): void {
  for (const info of infos) {
    const text = problem(m, info)
    if (text === undefined) continue
    const refusal = `Failed to validate update weights request JSON for role '${info.role ?? ''}': ${text}`
    return respond(m, requestId, { status: 400, text: refusal })
  }
  const weights = infos.map(({ role = '*', weight }) => [role, weight] as const)
  persist(
    m,
    weights.map(([role, weight]) => putWeight(role, weight)),
    { change: 'weights', weights, requestId },
  )
}

/** Outstanding offers were made under the old weights: they are withdrawn if anyone is concerned. */
export function* onWeightsDurable(
  m: Master,
  weights: readonly (readonly [RoleName, number])[],
  requestId: RequestId,
): Rest {
  for (const [role, weight] of weights) m.weights.set(role, weight)
  m.allocator.setWeights(new Map(weights))
  const used = new Set([...m.frameworks.values()].flatMap((framework) => framework.roles))
  if (weights.some(([role]) => used.has(role))) yield* rescindEach(m, m.offers.values())
  respond(m, requestId, { status: 200 })
}
