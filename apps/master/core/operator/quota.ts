import type { master, mesos, quota } from '@thermosphere/protocol'
import { addQuantities, Resources, toMilli, validateRole } from '@thermosphere/offer-engine'
import type { Quantities } from '@thermosphere/offer-engine'
import { persist, respond } from '../emit.ts'
import { rescindOffer } from '../offers.ts'
import { putQuota } from '../registry.ts'
import { consumption, roleBooks } from '../roles.ts'
import type { Rest } from '../steps/rest.ts'
import type { Master, Offer, RequestId } from '../model.ts'

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
    return respond(m, requestId, {
      status: 400,
      text: `Invalid QuotaConfig: total ${overcommit} (use 'force' flag to bypass this check)`,
    })
  persist(m, configs.map(putQuota), { change: 'quota', configs, requestId })
}

function configProblem(m: Master, config: quota.QuotaConfig, force: boolean): string | undefined {
  const { role } = config
  const invalid = validateRole(role)
  if (invalid !== undefined) return `Invalid QuotaConfig: Invalid role '${role}': ${invalid}`
  if (m.config.roles && role !== '*' && !m.config.roles.includes(role))
    return `Invalid QuotaConfig: '${role}' is not on the roles whitelist`
  if (role.includes('/')) return `Updating quota on nested role '${role}' is not supported yet`
  const limits = milli(config.limits)
  const isOver = [...milli(config.guarantees)].some(([name, guarantee]) => guarantee > (limits.get(name) ?? Infinity))
  if (isOver) {
    const over = `'QuotaConfig.guarantees' ${mapText(config.guarantees)} is not contained within`
    return `Invalid QuotaConfig: ${over} the 'QuotaConfig.limits' ${mapText(config.limits)}`
  }
  return force ? undefined : consumptionProblem(m, role, limits)
}

function consumptionProblem(m: Master, role: string, limits: Quantities): string | undefined {
  const consumed = consumption(m, role)
  const over = [...limits].find(([name, limit]) => (consumed.get(name) ?? 0) > limit)
  if (!over) return undefined
  const more = `this is more than the requested limits '${quantitiesText(limits)}'`
  return `Invalid QuotaConfig: Role '${role}' is already consuming '${quantitiesText(consumed)}'; ${more} ${force}`
}

const quantitiesText = (amounts: Quantities): string =>
  [...amounts].map(([name, value]) => `${name}:${value / 1000}`).join('; ')

const force = "(use 'force' flag to bypass this check)"

/** `{ cpus: 20, mem: 40 }` */
const mapText = (amounts: Amounts): string =>
  `{ ${Object.entries(amounts ?? {})
    .map(([name, scalar]) => `${name}: ${scalar.value}`)
    .join(', ')} }`

/** All guarantees together must fit into the cluster; the words go behind `total`. */
function capacityProblem(m: Master, configs: readonly quota.QuotaConfig[]): string | undefined {
  const all = new Map([...m.quotas, ...configs.map((config) => [config.role, config] as const)])
  const sum = new Map<string, number>()
  for (const config of all.values()) {
    for (const [name, value] of milli(config.guarantees)) sum.set(name, (sum.get(name) ?? 0) + value)
  }
  const capacity = capacityOf(m)
  if ([...sum].every(([name, value]) => value <= (capacity.get(name) ?? 0))) return undefined
  return `quota guarantees '${quantitiesText(sum)}' exceed cluster capacity '${quantitiesText(capacity)}'`
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
  const text = `Quota guarantees overcommit the cluster (use 'force' to bypass this check): Total ${overcommit}`
  respond(m, requestId, { status: 409, text })
}

function setQuotaProblem(m: Master, role: string, guarantee: readonly mesos.Resource[]): string | undefined {
  const failed = 'Failed to validate set quota request: '
  const invalid = validateRole(role)
  if (invalid !== undefined) return `${failed}QuotaInfo with invalid role: ${invalid}`
  if (guarantee.length === 0) return `${failed}QuotaInfo with empty 'guarantee'`
  const odd = guarantee.find((resource) => resource.type !== 'SCALAR' || resource.reservations?.length || resource.disk)
  if (odd) return `${failed}QuotaInfo must only contain plain scalar resources: '${odd.name}'`
  if (m.config.roles && role !== '*' && !m.config.roles.includes(role)) return `${failed}Unknown role '${role}'`
  if (m.quotas.has(role)) return `${failed}Cannot set quota for role '${role}' which already has quota`
  return role.includes('/') ? `Setting quota on nested role '${role}' is not supported yet` : undefined
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

export function* onQuotaDurable(m: Master, configs: readonly quota.QuotaConfig[], requestId: RequestId): Rest {
  for (const config of configs) {
    applyQuota(m, config)
    yield* rescindForQuota(m, config)
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

/**
 * Best effort, and no more than it takes: the role's own offers go until it is within its limits, then others' until
 * its guarantees could be met. Nothing is taken to be free: what is, the allocator may be giving away just now.
 */
function* rescindForQuota(m: Master, config: quota.QuotaConfig): Rest {
  const isOwn = ({ role }: Offer): boolean => role === config.role || role.startsWith(`${config.role}/`)
  const held = consumedAndOffered(m, config.role)
  const limits = milli(config.limits)
  const isWithin = (): boolean => [...limits].every(([name, limit]) => (held.get(name) ?? 0) <= limit)
  for (const framework of m.frameworks.values()) {
    for (const offer of [...framework.offers].filter(isOwn)) {
      if (isWithin()) break
      addAmounts(held, offer, -1)
      rescindOffer(m, offer)
      yield
    }
  }
  const guarantees = milli(config.guarantees)
  const isMet = (): boolean => [...guarantees].every(([name, guarantee]) => (held.get(name) ?? 0) >= guarantee)
  for (const agent of m.agents.values()) {
    for (const offer of [...agent.offers].filter((one) => !isOwn(one))) {
      if (isMet()) return
      addAmounts(held, offer, 1)
      rescindOffer(m, offer)
      yield
    }
  }
}

/** A reservation that is on offer counts twice: rather an offer too many is taken back. */
function consumedAndOffered(m: Master, role: string): Map<string, number> {
  const books = roleBooks(m).get(role)
  return new Map(books && addQuantities(books.consumed, books.offered))
}

function addAmounts(sum: Map<string, number>, { resources }: Offer, sign: 1 | -1): void {
  for (const [name, amount] of resources.scalarQuantities()) sum.set(name, (sum.get(name) ?? 0) + sign * amount)
}
