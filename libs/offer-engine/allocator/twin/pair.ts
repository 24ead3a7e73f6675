import { createRandom, invariant } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { Resources } from '../../resources/index.ts'
import { Allocator } from '../allocator.ts'
import type { Allocation, SorterKind } from '../types.ts'
import { ObviousAllocator } from './obvious-allocator.ts'

const totals = [
  'cpus:4;mem:8192;ports:[31000-31010]',
  'cpus:8;mem:1024',
  'cpus:2;mem:512;cpus(a):1;mem(a):64',
  'mem:4096;cpus(b/c):2',
  'cpus:1.5;mem:100;bugs:{x,y}',
]
const roleSets = [['*'], ['a'], ['b'], ['b/c'], ['a', 'b/c'], ['b/c', 'b/d', '*']]
const quotaRoles = ['a', 'b', '*']
/** Something that happens to both. */
export type Op =
  | { op: 'agent'; which: number; total: number }
  | { op: 'activate'; which: number; active: boolean }
  | { op: 'framework'; which: number; roles: number }
  | { op: 'resubscribe'; which: number; roles: number; suppress: boolean }
  | { op: 'connect'; which: number; active: boolean }
  | { op: 'suppress' | 'revive'; which: number; all: boolean }
  | { op: 'weight'; role: number; weight: number }
  | { op: 'quota'; role: number; guarantee: number | undefined; limit: number | undefined }
  | { op: 'give-back'; which: number; cpus: number; refuseMs: number }
  | { op: 'tick'; ms: number; workMax: number }

export interface PairOptions {
  readonly roleSorter?: SorterKind
  readonly frameworkSorter?: SorterKind
}

/** Lets both allocators look at agents in the same order, whatever subset they look at. */
const orderly: Random = {
  ...createRandom(1),
  shuffle: <T>(items: readonly T[]): T[] => [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
}

function nameOf(item: unknown): string {
  return typeof item === 'object' && item !== null && 'id' in item ? String(item.id) : ''
}

/** Both allocators under the same events, and what is offered or used. */
export class Pair {
  readonly allocator: Allocator
  readonly twin: ObviousAllocator
  readonly held: Allocation[] = []
  now = 0
  /** Runs that both have made. */
  runCount = 0

  constructor({ roleSorter = 'drf', frameworkSorter = 'drf' }: PairOptions = {}) {
    // Both are to draw the same lots, and one of them leaves out runs that change nothing.
    const random: Random = { ...orderly, uint32: () => Math.imul(this.runCount, 0x9e3779b1) >>> 0 }
    this.allocator = new Allocator({ random, roleSorter, frameworkSorter })
    this.twin = new ObviousAllocator({ random, roleSorter, frameworkSorter })
  }

  /** A large agent that nobody is offered: every other one then changes the total by little. */
  addBallast(): void {
    const total = Resources.parse('cpus:200;mem:300000')
    this.allocator.addAgent({ id: 'ballast', hostname: 'ballast', total, active: false })
    this.twin.agents.set('ballast', { total, active: false })
  }

  /** Something to begin with. */
  populate(): void {
    for (const which of [0, 1, 2]) {
      this.apply({ op: 'agent', which, total: which })
      this.apply({ op: 'framework', which, roles: which + 2 })
    }
  }

  apply(op: Op): void {
    switch (op.op) {
      case 'agent':
        return this.toggleAgent(`a${op.which}`, Resources.parse(totals[op.total] ?? ''))
      case 'activate':
        return this.activate(`a${op.which}`, op.active)
      case 'framework':
        return this.toggleFramework(`f${op.which}`, roleSets[op.roles] ?? [])
      case 'resubscribe':
        return this.resubscribe(`f${op.which}`, roleSets[op.roles] ?? [], op.suppress)
      case 'connect':
        return this.connect(`f${op.which}`, op.active)
      case 'suppress':
      case 'revive':
        return this.quiet(`f${op.which}`, op)
      case 'weight':
        return this.weigh(['a', 'b', 'b/c', '*', 'b/d'][op.role] ?? '*', op.weight)
      case 'quota':
        return this.limit(quotaRoles[op.role] ?? '*', op)
      case 'give-back':
        return this.giveBack(op)
      case 'tick':
        return this.tick(op)
    }
  }

  private toggleAgent(id: string, total: Resources): void {
    if (this.twin.agents.has(id)) {
      this.allocator.removeAgent(id)
      this.twin.removeAgent(id)
      this.drop((grant) => grant.agentId === id)
      return
    }
    this.allocator.addAgent({ id, hostname: id, total })
    this.twin.agents.set(id, { total, active: true })
    this.twin.want(id)
  }

  private activate(id: string, active: boolean): void {
    const agent = this.twin.agents.get(id)
    if (!agent) return
    this.allocator.setAgentActive(id, active)
    agent.active = active
  }

  private toggleFramework(id: string, roles: readonly string[]): void {
    if (this.twin.frameworks.has(id)) {
      this.allocator.removeFramework(id)
      this.twin.removeFramework(id)
      this.drop((grant) => grant.frameworkId === id)
      return
    }
    const spec = { id, roles }
    this.allocator.addFramework(spec)
    this.twin.frameworks.set(id, { spec, suppressed: new Set(), active: true })
    this.twin.want()
  }

  private resubscribe(id: string, roles: readonly string[], suppress: boolean): void {
    const framework = this.twin.frameworks.get(id)
    if (!framework) return
    const suppressedRoles = suppress ? roles.slice(0, 1) : []
    this.allocator.updateFramework({ id, roles, suppressedRoles })
    this.twin.dropFilters(
      id,
      framework.spec.roles.filter((role) => !roles.includes(role)),
    )
    framework.spec = { id, roles }
    framework.suppressed = new Set(suppressedRoles)
    this.twin.forgetCounts()
    this.twin.want()
  }

  private connect(id: string, active: boolean): void {
    const framework = this.twin.frameworks.get(id)
    if (!framework) return
    this.allocator.setFrameworkActive(id, active)
    framework.active = active
    if (active) this.twin.want()
    else this.twin.dropFilters(id)
  }

  private quiet(id: string, { op, all }: { op: 'suppress' | 'revive'; all: boolean }): void {
    const framework = this.twin.frameworks.get(id)
    if (!framework) return
    const roles = all ? framework.spec.roles : framework.spec.roles.slice(0, 1)
    this.allocator[op](id, all ? undefined : roles)
    for (const role of roles) framework.suppressed[op === 'suppress' ? 'add' : 'delete'](role)
    if (op === 'suppress') return
    this.twin.dropFilters(id, roles)
    this.twin.want()
  }

  private weigh(role: string, weight: number): void {
    this.allocator.setWeights(new Map([[role, weight]]))
    this.twin.weights.set(role, weight)
    this.twin.forgetCounts()
  }

  private limit(
    role: string,
    { guarantee, limit }: { guarantee: number | undefined; limit: number | undefined },
  ): void {
    const guarantees = new Map(guarantee === undefined ? [] : [['cpus', guarantee]])
    const limits = new Map(limit === undefined ? [] : [['cpus', Math.max(limit, guarantee ?? 0)]])
    const quota = guarantee === undefined && limit === undefined ? undefined : { guarantees, limits }
    this.allocator.setQuota(role, quota)
    if (quota) this.twin.quotas.set(role, quota)
    else this.twin.quotas.delete(role)
    this.twin.forgetCounts()
  }

  private giveBack({ which, cpus, refuseMs }: { which: number; cpus: number; refuseMs: number }): void {
    const grant = this.held[which % Math.max(1, this.held.length)]
    if (!grant) return
    const kept = cpus === 0 ? Resources.empty : Resources.parse(`cpus:${cpus}`).allocatedTo(grant.role)
    const keep = grant.resources.contains(kept) ? kept : Resources.empty
    const returned = grant.resources.subtract(keep)
    this.held.splice(this.held.indexOf(grant), 1, ...(keep.isEmpty() ? [] : [{ ...grant, resources: keep }]))
    this.allocator.recover({ ...grant, resources: returned }, { refuseMs, now: this.now })
    this.twin.recover({ ...grant, resources: returned }, refuseMs, this.now)
  }

  /** One run, cut into slices by the allocator and not by the twin. */
  private tick({ ms, workMax }: { ms: number; workMax: number }): void {
    this.now += ms
    this.runCount++
    const granted = this.allocator.allocate(this.now, { workMax })
    while (this.allocator.isInRun) granted.push(...this.allocator.allocate(this.now, { batch: false, workMax }))
    this.held.push(...merge(granted))
    const [allocator, twin] = [describe(merge(granted)), describe(merge(this.twin.allocate(this.now)))]
    invariant(allocator.join('\n') === twin.join('\n'), 'the twin grants otherwise', { allocator, twin })
  }

  private drop(gone: (grant: Allocation) => boolean): void {
    const kept = this.held.filter((grant) => !gone(grant))
    this.held.splice(0, this.held.length, ...kept)
  }

  check(): void {
    for (const [id, { total }] of this.twin.agents) {
      const mine = this.held.filter((grant) => grant.agentId === id)
      const sum = mine.reduce((all, { resources }) => all.add(resources.unallocated()), Resources.empty)
      const { available, total: known } = this.allocator.agentResources(id)
      invariant(known.equals(total) && sum.add(available).equals(total), `${id}: ${sum} + ${available} ≠ ${total}`)
    }
  }
}

function merge(grants: readonly Allocation[]): Allocation[] {
  const merged = new Map<string, Allocation>()
  for (const grant of grants) {
    const key = `${grant.frameworkId} ${grant.role} ${grant.agentId}`
    const before = merged.get(key)
    merged.set(key, before ? { ...before, resources: before.resources.add(grant.resources) } : grant)
  }
  return [...merged.values()]
}

/** Order within an offer does not matter. */
function describe(grants: readonly Allocation[]): string[] {
  return grants
    .map(({ frameworkId, agentId, role, resources }) => {
      const texts = resources.items.map((item) => Resources.fromItems([item]).toString()).sort()
      return `${frameworkId} ${role} ${agentId} ${texts.join('; ')}`
    })
    .sort()
}
