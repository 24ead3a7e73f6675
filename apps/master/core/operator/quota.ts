import type { master, mesos, quota } from '@thermosphere/protocol'
import { Resources, toMilli, validateRole } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import { persist, respond } from '../emit.ts'
import { rescindOffer } from '../offers.ts'
import { putQuota } from '../registry.ts'
import { consumption } from '../roles.ts'
import type { Master, RequestId } from '../model.ts'

type Amounts = quota.QuotaConfig['guarantees']

const milli = (amounts: Amounts): Quantities =>
  new Map(Object.entries(amounts ?? {}).map(([name, scalar]) => [name, toMilli(scalar.value)]))

export function onUpdateQuota(m: Master, call: master.Call_UpdateQuota, requestId: RequestId): void {
  const configs = call.quota_configs ?? []
  for (const config of configs) {
    const problem = configProblem(m, config, call.force ?? false)
    if (problem !== undefined) return respond(m, requestId, { status: 400, text: problem })
  }
  const overcommit = call.force ? undefined : capacityProblem(m, configs)
  if (overcommit !== undefined)
    return respond(m, requestId, { status: 400, text: `Invalid QuotaConfig: ${overcommit}` })
  persist(m, configs.map(putQuota), { change: 'quota', configs, requestId })
}

function configProblem(m: Master, config: quota.QuotaConfig, force: boolean): string | undefined {
  const { role } = config
  const invalid = validateRole(role)
  if (invalid !== undefined) return `Invalid QuotaConfig: Invalid role '${role}': ${invalid}`
  if (m.config.roles && role !== '*' && !m.config.roles.includes(role))
    return `Invalid QuotaConfig: Unknown role '${role}'`
  if (role.includes('/')) return `Invalid QuotaConfig: Updating quota on nested role '${role}' is not supported yet`
  const limits = milli(config.limits)
  for (const [name, guarantee] of milli(config.guarantees)) {
    if (guarantee > (limits.get(name) ?? Infinity)) {
      return `Invalid QuotaConfig: Quota guarantees of role '${role}' for '${name}' exceed its limits`
    }
  }
  return force ? undefined : consumptionProblem(m, role, limits)
}

function consumptionProblem(m: Master, role: string, limits: Quantities): string | undefined {
  const consumed = consumption(m, role)
  const over = [...limits].find(([name, limit]) => (consumed.get(name) ?? 0) > limit)
  if (!over) return undefined
  const text = (amounts: Quantities): string =>
    [...amounts].map(([name, value]) => `${name}:${value / 1000}`).join('; ')
  return `Invalid QuotaConfig: Role '${role}' is already consuming '${text(consumed)}'; this is more than the requested limits '${text(limits)}' (use 'force' flag to bypass this check)`
}

/** All guarantees together must fit into the cluster. */
function capacityProblem(m: Master, configs: readonly quota.QuotaConfig[]): string | undefined {
  const all = new Map([...m.quotas, ...configs.map((config) => [config.role, config] as const)])
  const sum = new Map<string, number>()
  for (const config of all.values()) {
    for (const [name, value] of milli(config.guarantees)) sum.set(name, (sum.get(name) ?? 0) + value)
  }
  const capacity = capacityOf(m)
  const over = [...sum].find(([name, value]) => value > (capacity.get(name) ?? 0))
  return (
    over && `Total quota guarantees of '${over[0]}' exceed the cluster capacity (use 'force' flag to bypass this check)`
  )
}

function capacityOf(m: Master): Map<string, number> {
  const capacity = new Map<string, number>()
  for (const agent of m.agents.values()) {
    for (const [name, value] of agent.total.nonRevocable().scalarQuantities()) {
      capacity.set(name, (capacity.get(name) ?? 0) + value)
    }
  }
  return capacity
}

/** The old call: a guarantee that is the limit as well. */
export function onSetQuota(m: Master, request: quota.QuotaRequest, requestId: RequestId): void {
  const role = request.role ?? ''
  const problem = setQuotaProblem(m, role, request.guarantee ?? [])
  if (problem !== undefined) return respond(m, requestId, { status: 400, text: problem })
  const amounts = scalarsOf(request.guarantee ?? [])
  const config: quota.QuotaConfig = { role, guarantees: amounts, limits: amounts }
  const overcommit = request.force ? undefined : capacityProblem(m, [config])
  if (overcommit === undefined) return persist(m, [putQuota(config)], { change: 'quota', configs: [config], requestId })
  const text = `Heuristic capacity check for set quota request failed (use 'force' to bypass this check): ${overcommit}`
  respond(m, requestId, { status: 409, text })
}

function setQuotaProblem(m: Master, role: string, guarantee: readonly mesos.Resource[]): string | undefined {
  const failed = 'Failed to validate set quota request: '
  const invalid = validateRole(role)
  if (invalid !== undefined) return `${failed}QuotaInfo with invalid role: ${invalid}`
  if (role.includes('/')) return `${failed}Setting quota on nested role '${role}' is not supported yet`
  if (guarantee.length === 0) return `${failed}QuotaInfo with empty 'guarantee'`
  const odd = guarantee.find((resource) => resource.type !== 'SCALAR' || resource.reservations?.length || resource.disk)
  if (odd) return `${failed}QuotaInfo must only contain plain scalar resources: '${odd.name}'`
  if (m.config.roles && role !== '*' && !m.config.roles.includes(role)) return `${failed}Unknown role: '${role}'`
  return m.quotas.has(role) ? `${failed}Quota already set for role '${role}'` : undefined
}

const scalarsOf = (resources: readonly mesos.Resource[]): Record<string, mesos.Value_Scalar> =>
  Object.fromEntries(
    [...Resources.fromWire(resources).scalarQuantities()].map(([name, value]) => [name, { value: value / 1000 }]),
  )

export function onRemoveQuota(m: Master, role: string, requestId: RequestId): void {
  if (!m.quotas.has(role)) return respond(m, requestId, { status: 400, text: `Role '${role}' has no quota set` })
  const config: quota.QuotaConfig = { role }
  persist(m, [putQuota(config)], { change: 'quota', configs: [config], requestId })
}

export function onQuotaDurable(m: Master, configs: readonly quota.QuotaConfig[], requestId: RequestId): void {
  for (const config of configs) {
    applyQuota(m, config)
    rescindForQuota(m, config)
  }
  respond(m, requestId, { status: 200 })
}

export function applyQuota(m: Master, config: quota.QuotaConfig): void {
  const guarantees = milli(config.guarantees)
  const limits = milli(config.limits)
  if (guarantees.size + limits.size === 0) m.quotas.delete(config.role)
  else m.quotas.set(config.role, config)
  m.allocator.setQuota(config.role, guarantees.size + limits.size === 0 ? undefined : { guarantees, limits })
}

/** Best effort: the role's own offers go if it is over its limit, others' so that a guarantee can be met. */
function rescindForQuota(m: Master, config: quota.QuotaConfig): void {
  const own = (role: string): boolean => role === config.role || role.startsWith(`${config.role}/`)
  const hasGuarantee = milli(config.guarantees).size > 0
  const hasLimit = milli(config.limits).size > 0
  for (const offer of [...m.offers.values()]) {
    if (own(offer.role) ? hasLimit : hasGuarantee) rescindOffer(m, offer)
  }
}
