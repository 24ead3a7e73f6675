import type { Random } from '@thermosphere/effects'
import { isReserved, reservationRole, Resources, topLevelRole } from '../../resources/index.ts'
import type { Item, Quantities } from '../../resources/index.ts'
import { drawn, randomFor } from '../order/lots.ts'
import type { Allocation, FrameworkSpec, Quota, SorterKind } from '../types.ts'

interface Filter {
  readonly frameworkId: string
  readonly role: string
  readonly agentId: string
  readonly refused: Resources
  readonly expiresAt: number
  readonly batch: number
}

interface Agent {
  total: Resources
  active: boolean
}

interface Framework {
  spec: FrameworkSpec
  suppressed: Set<string>
  active: boolean
}

/** Key of the sort: a role path, `role/.` for the role beside its children, or `role frameworkId`. */
type SortKey = readonly [share: number, count: number, path: string]

export interface TwinOptions {
  readonly random: Random
  readonly roleSorter: SorterKind
  readonly frameworkSorter: SorterKind
}

/** Before which agent, and in which stage, lots are drawn. */
type Occasion = string

/** The allocator once more, slow and plain: it keeps a list of grants and computes all else anew each time. */
export class ObviousAllocator {
  readonly agents = new Map<string, Agent>()
  readonly frameworks = new Map<string, Framework>()
  readonly weights = new Map<string, number>()
  readonly quotas = new Map<string, Quota>()
  private grants: Allocation[] = []
  private filters: Filter[] = []
  private counts = new Map<string, number>()
  private wanted = new Set<string>()
  private batch = 0
  private batchAt = 0
  private seed = 0
  private readonly options: TwinOptions

  constructor(options: TwinOptions) {
    this.options = options
  }

  want(...agentIds: string[]): void {
    for (const id of agentIds.length > 0 ? agentIds : this.agents.keys()) this.wanted.add(id)
  }

  removeAgent(id: string): void {
    this.agents.delete(id)
    this.wanted.delete(id)
    this.grants = this.grants.filter(({ agentId }) => agentId !== id)
    this.filters = this.filters.filter(({ agentId }) => agentId !== id)
    this.forgetCounts()
  }

  removeFramework(id: string): void {
    this.frameworks.delete(id)
    this.grants = this.grants.filter(({ frameworkId }) => frameworkId !== id)
    this.dropFilters(id)
    this.forgetCounts()
  }

  dropFilters(id: string, roles?: readonly string[]): void {
    this.filters = this.filters.filter((f) => f.frameworkId !== id || (roles !== undefined && !roles.includes(f.role)))
  }

  recover({ frameworkId, agentId, role, resources }: Allocation, refuseMs: number, now: number): void {
    let rest = resources
    this.grants = this.grants.flatMap((grant) => {
      if (grant.frameworkId !== frameworkId || grant.agentId !== agentId || grant.role !== role) return [grant]
      const left = grant.resources.subtract(rest)
      rest = rest.subtract(grant.resources)
      return left.isEmpty() ? [] : [{ ...grant, resources: left }]
    })
    const framework = this.frameworks.get(frameworkId)
    if (refuseMs > 0 && framework?.active && framework.spec.roles.includes(role)) {
      const expiresAt = now + Math.max(refuseMs, 1000)
      this.filters.push({ frameworkId, role, agentId, refused: resources.unallocated(), expiresAt, batch: this.batch })
    }
    this.forgetCounts()
  }

  allocate(now: number): Allocation[] {
    this.filters = this.filters.filter((filter) => filter.expiresAt > now || filter.batch >= this.batch)
    const isBatch = now >= this.batchAt
    const ids = [...(isBatch ? this.agents.keys() : this.wanted)].filter((id) => this.agents.get(id)?.active).sort()
    this.wanted.clear()
    if (isBatch) {
      this.batch++
      this.batchAt = now + 1000
    }
    return this.run(ids)
  }

  private run(ids: readonly string[]): Allocation[] {
    const granted: Allocation[] = []
    this.seed = this.options.random.uint32()
    for (const guaranteedOnly of [true, false]) {
      for (const agentId of ids) {
        const occasion = `${guaranteedOnly ? 'guarantees' : 'all'} ${agentId}`
        for (const role of this.roleOrder(occasion)) {
          this.serveRole({ role, agentId, guaranteedOnly, occasion, granted })
        }
      }
    }
    return granted
  }

  /** What all guarantees still need of a name. */
  private required(name: string): number {
    return [...this.quotas]
      .map(([role, { guarantees }]) => Math.max(0, (guarantees.get(name) ?? 0) - this.consumed(role, name)))
      .reduce((sum, missing) => sum + missing, 0)
  }

  private isAnythingRequired(): boolean {
    const names = [...this.quotas.values()].flatMap(({ guarantees }) => [...guarantees.keys()])
    return names.some((name) => this.required(name) > 0)
  }

  private serveRole(run: {
    role: string
    agentId: string
    guaranteedOnly: boolean
    occasion: Occasion
    granted: Allocation[]
  }): void {
    const { role, agentId, guaranteedOnly, occasion } = run
    const guarantees = guaranteedOnly ? this.quotas.get(role)?.guarantees : new Map<string, number>()
    if (!guarantees) return
    for (const frameworkId of this.frameworkOrder(role, occasion)) {
      const unmet = new Map([...guarantees].map(([name, g]) => [name, Math.max(0, g - this.consumed(role, name))]))
      if (guaranteedOnly && [...unmet.values()].every((milli) => milli === 0)) return
      const offer = this.plan(role, agentId, { unmet, guaranteedOnly })
      if (!isEnough(offer) || this.isDeclined({ frameworkId, role, agentId, resources: offer })) continue
      const grant = { frameworkId, agentId, role, resources: offer.allocatedTo(role) }
      run.granted.push(grant)
      this.grants.push(grant)
      for (const key of countKeys(role, frameworkId)) this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    }
  }

  private plan(
    role: string,
    agentId: string,
    { unmet, guaranteedOnly }: { unmet: Quantities; guaranteedOnly: boolean },
  ): Resources {
    const free = this.available(agentId).allocatableTo(role)
    const top = topLevelRole(role)
    const limits = this.quotas.get(top)?.limits ?? new Map<string, number>()
    let helps = !guaranteedOnly
    const always = free.filter((item) => !isQuotaScalar(item))
    const scalars = free.filter(isQuotaScalar).items.flatMap((item): Item[] => {
      if (item.type !== 'SCALAR') return []
      const name = item.meta.name
      const guaranteed = guaranteedOnly ? Math.min(item.milli, unmet.get(name) ?? 0) : 0
      if (guaranteed > 0) helps = true
      const limitLeft = (limits.get(name) ?? Infinity) - this.consumed(top, name) - guaranteed
      const surplus = this.isAnythingRequired() ? this.headroom(name) - this.required(name) : Infinity
      const extra = Math.max(0, Math.min(item.milli - guaranteed, limitLeft, surplus))
      return [{ ...item, milli: guaranteed + extra }]
    })
    return helps ? always.add(Resources.fromItems(scalars)) : Resources.empty
  }

  available(agentId: string): Resources {
    const taken = this.grants.filter((grant) => grant.agentId === agentId)
    const total = this.agents.get(agentId)?.total ?? Resources.empty
    return taken.reduce((left, { resources }) => left.subtract(resources.unallocated()), total)
  }

  private headroom(name: string): number {
    const free = [...this.agents.keys()].map((id) => this.available(id).filter(isQuotaScalar).scalar(name))
    return free.reduce((sum, milli) => sum + milli, 0)
  }

  private consumed(role: string, name: string): number {
    const reserved = [...this.agents.values()].map(({ total }) =>
      total.filter(({ meta }) => isReserved(meta) && isWithin(reservationRole(meta), role)).scalar(name),
    )
    const used = this.grantsWithin(role).map(({ resources }) => resources.filter(isQuotaScalar).scalar(name))
    return [...reserved, ...used].reduce((sum, milli) => sum + milli, 0)
  }

  private grantsWithin(role: string): Allocation[] {
    return this.grants.filter((grant) => isWithin(grant.role, role))
  }

  private isDeclined({ frameworkId, role, agentId, resources }: Allocation): boolean {
    return this.filters.some(
      (filter) =>
        filter.frameworkId === frameworkId &&
        filter.role === role &&
        filter.agentId === agentId &&
        filter.refused.contains(resources),
    )
  }

  private activeIn(role: string): string[] {
    const wants = ([, { spec, suppressed, active }]: [string, Framework]): boolean =>
      active && spec.roles.includes(role) && !suppressed.has(role)
    return [...this.frameworks].filter(wants).map(([id]) => id)
  }

  private frameworkOrder(role: string, occasion: Occasion): string[] {
    const key = (id: string): SortKey => {
      const mine = this.grants.filter((grant) => grant.role === role && grant.frameworkId === id)
      return [this.share(mine), this.counts.get(`${role} ${id}`) ?? 0, id]
    }
    const active = this.activeIn(role)
    if (this.options.frameworkSorter === 'drf') return sortBy(active, key)
    return this.byLot(
      active.map((path) => ({ path, weight: 1 })),
      `${occasion} ${role}`,
    )
  }

  private roleOrder(occasion: Occasion, parent = ''): string[] {
    const roles = new Set([...this.frameworks.values()].flatMap(({ spec }) => spec.roles))
    const below = [...roles].filter((role) => parent === '' || isWithin(role, parent))
    const prefix = parent === '' ? '' : `${parent}/`
    const children = new Set(
      below.filter((role) => role !== parent).map((role) => prefix + (role.slice(prefix.length).split('/')[0] ?? '')),
    )
    const branches = [...children].filter((child) => below.some((role) => isWithin(role, child) && this.isServed(role)))
    const leaf = parent !== '' && this.isServed(parent) ? [`${parent}/.`] : []
    return this.branchOrder([...branches, ...leaf], `${occasion} ${parent}/`).flatMap((path) =>
      path.endsWith('/.') ? [parent] : this.roleOrder(occasion, path),
    )
  }

  private branchOrder(paths: readonly string[], lots: string): string[] {
    if (this.options.roleSorter === 'drf') return sortBy(paths, (path) => this.branchKey(path))
    return this.byLot(
      paths.map((path) => ({ path, weight: this.weights.get(path) ?? 1 })),
      lots,
    )
  }

  private byLot(all: readonly { readonly path: string; readonly weight: number }[], lots: string): string[] {
    const sorted = all.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    return [...drawn(sorted, randomFor(this.seed, lots))].map(({ path }) => path)
  }

  private isServed(role: string): boolean {
    return this.activeIn(role).length > 0
  }

  private branchKey(path: string): SortKey {
    const isLeaf = path.endsWith('/.')
    const grants = isLeaf ? this.grants.filter(({ role }) => `${role}/.` === path) : this.grantsWithin(path)
    return [this.share(grants) / (this.weights.get(path) ?? 1), this.counts.get(path) ?? 0, path]
  }

  private share(grants: readonly Allocation[]): number {
    const names = new Set([...this.agents.values()].flatMap(({ total }) => total.scalars().names()))
    const shares = [...names].map((name) => {
      const all = [...this.agents.values()].reduce((sum, { total }) => sum + total.scalar(name), 0)
      return grants.reduce((sum, { resources }) => sum + resources.scalar(name), 0) / all
    })
    return Math.max(0, ...shares)
  }

  /** Past allocations are forgotten with the framework's place in the role, and with the role. */
  forgetCounts(): void {
    for (const key of this.counts.keys()) if (!this.isKnown(key)) this.counts.delete(key)
  }

  private isKnown(key: string): boolean {
    const [path = '', frameworkId] = key.split(' ')
    const role = path.replace(/\/\.$/, '')
    if (frameworkId !== undefined) {
      const subscribed = this.frameworks.get(frameworkId)?.spec.roles.includes(role) ?? false
      return subscribed || this.grants.some((grant) => grant.role === role && grant.frameworkId === frameworkId)
    }
    const paths = [
      ...[...this.frameworks.values()].flatMap(({ spec }) => spec.roles),
      ...this.grants.map((grant) => grant.role),
      ...this.quotas.keys(),
      ...[...this.weights].filter(([, weight]) => weight !== 1).map(([name]) => name),
      ...[...this.agents.values()].flatMap(({ total }) => [...total.reservations().keys()]),
    ]
    return paths.some((other) => isWithin(other, role))
  }
}

function countKeys(role: string, frameworkId: string): string[] {
  const parts = role.split('/')
  return [`${role} ${frameworkId}`, `${role}/.`, ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))]
}

function isWithin(role: string, ancestor: string): boolean {
  return role === ancestor || role.startsWith(`${ancestor}/`)
}

function isQuotaScalar(item: Item): boolean {
  return item.type === 'SCALAR' && !isReserved(item.meta) && item.meta.revocable === undefined
}

function isEnough(resources: Resources): boolean {
  return resources.scalar('cpus') >= 10 || resources.scalar('mem') >= 32_000
}

function sortBy(names: readonly string[], key: (name: string) => SortKey): string[] {
  const keyed = names.map((name) => ({ name, key: key(name) }))
  keyed.sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || (a.key[2] < b.key[2] ? -1 : 1))
  return keyed.map(({ name }) => name)
}
