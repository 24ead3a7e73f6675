import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import fc from 'fast-check'
import { Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import { ObviousAllocator } from './obvious-allocator.ts'
import type { Allocation } from './types.ts'

const totals = [
  'cpus:4;mem:8192;ports:[31000-31010]',
  'cpus:8;mem:1024',
  'cpus:2;mem:512;cpus(a):1;mem(a):64',
  'mem:4096;cpus(b/c):2',
  'cpus:1.5;mem:100;bugs:{x,y}',
]
const roleSets = [['*'], ['a'], ['b'], ['b/c'], ['a', 'b/c'], ['b/c', 'b/d', '*']]
const quotaRoles = ['a', 'b', '*']
const small = fc.nat(4)

type Op =
  | { op: 'agent'; which: number; total: number }
  | { op: 'activate'; which: number; active: boolean }
  | { op: 'framework'; which: number; roles: number }
  | { op: 'resubscribe'; which: number; roles: number; suppress: boolean }
  | { op: 'connect'; which: number; active: boolean }
  | { op: 'suppress' | 'revive'; which: number; all: boolean }
  | { op: 'weight'; role: number; weight: number }
  | { op: 'quota'; role: number; guarantee: number | undefined; limit: number | undefined }
  | { op: 'give-back'; which: number; cpus: number; refuseMs: number }
  | { op: 'tick'; ms: number }

const tick: fc.Arbitrary<Op> = fc.record({ op: fc.constant('tick' as const), ms: fc.constantFrom(0, 200, 1000, 3000) })
const giveBack: fc.Arbitrary<Op> = fc.record({
  op: fc.constant('give-back' as const),
  which: fc.nat(20),
  cpus: fc.constantFrom(0, 0.5, 1),
  refuseMs: fc.constantFrom(0, 100, 2500, 60_000),
})
const plainOps: fc.Arbitrary<Op>[] = [
  fc.record({ op: fc.constant('agent' as const), which: small, total: small }),
  fc.record({ op: fc.constant('activate' as const), which: small, active: fc.boolean() }),
  fc.record({ op: fc.constant('framework' as const), which: small, roles: fc.nat(5) }),
  fc.record({ op: fc.constant('resubscribe' as const), which: small, roles: fc.nat(5), suppress: fc.boolean() }),
  fc.record({ op: fc.constant('connect' as const), which: small, active: fc.boolean() }),
  fc.record({ op: fc.constantFrom('suppress' as const, 'revive' as const), which: small, all: fc.boolean() }),
  fc.record({ op: fc.constant('weight' as const), role: fc.nat(4), weight: fc.constantFrom(1, 2, 0.5) }),
]
const frequent = [giveBack, giveBack, giveBack, giveBack, tick, tick, tick, tick]
const quotaOp: fc.Arbitrary<Op> = fc.record({
  op: fc.constant('quota' as const),
  role: fc.nat(2),
  guarantee: fc.constantFrom(undefined, 3000, 9000),
  limit: fc.constantFrom(undefined, 5000, 9500),
})

/** Lets both allocators look at agents in the same order, whatever subset they look at. */
const orderly: Random = {
  ...createRandom(1),
  shuffle: <T>(items: readonly T[]): T[] => [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
}

function nameOf(item: unknown): string {
  return typeof item === 'object' && item !== null && 'id' in item ? String(item.id) : ''
}

/** Both allocators under the same events, and what is offered or used. */
class Pair {
  readonly allocator = new Allocator({ random: orderly })
  readonly twin = new ObviousAllocator()
  readonly held: Allocation[] = []
  now = 0

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
        return this.tick(op.ms)
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

  private tick(ms: number): void {
    this.now += ms
    const granted = this.allocator.allocate(this.now)
    this.held.push(...granted)
    assert.deepEqual(describe(granted), describe(merge(this.twin.allocate(this.now))))
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
      assert.ok(known.equals(total) && sum.add(available).equals(total), `${id}: ${sum} + ${available} ≠ ${total}`)
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

function sequences(ops: readonly fc.Arbitrary<Op>[]): void {
  fc.assert(
    fc.property(fc.array(fc.oneof(...ops, ...frequent), { minLength: 10, maxLength: 80, size: 'max' }), (sequence) => {
      const pair = new Pair()
      for (const which of [0, 1, 2]) {
        pair.apply({ op: 'agent', which, total: which })
        pair.apply({ op: 'framework', which, roles: which + 2 })
      }
      for (const op of sequence) {
        pair.apply(op)
        pair.check()
      }
    }),
    { numRuns: 500 },
  )
}

test('[reliability R18] the allocator grants what its obvious twin grants, and nothing is lost or offered twice', () => {
  sequences(plainOps)
})

test('[reliability R18] with quota, too, it grants what its obvious twin grants', () => {
  sequences([...plainOps, quotaOp, quotaOp])
})

test('a declined set, or less of it, is not offered while its filter lives', () => {
  const decline = fc.record({ cpus: fc.constantFrom(0, 1, 2), refuseMs: fc.constantFrom(1, 1500, 4000, 60_000) })
  fc.assert(
    fc.property(fc.array(decline, { minLength: 5, maxLength: 40 }), (declines) => {
      const allocator = new Allocator({ random: createRandom(3) })
      for (const id of ['f', 'g']) allocator.addFramework({ id, roles: ['*'] })
      for (const id of ['a', 'b']) allocator.addAgent({ id, hostname: id, total: Resources.parse('cpus:4;mem:999') })
      const refusals: (Allocation & { until: number })[] = []
      for (const [i, { cpus, refuseMs }] of declines.entries()) {
        const now = 1000 * i
        for (const grant of allocator.allocate(now)) {
          const repeats = refusals.some(
            ({ frameworkId, agentId, resources, until }) =>
              frameworkId === grant.frameworkId &&
              agentId === grant.agentId &&
              until > now &&
              resources.contains(grant.resources),
          )
          assert.ok(!repeats, `offered again: ${grant.resources}`)
          const task = Resources.parse(`cpus:${cpus}`).allocatedTo('*')
          const resources = grant.resources.contains(task) ? grant.resources.subtract(task) : grant.resources
          allocator.recover({ ...grant, resources }, { refuseMs, now })
          refusals.push({ ...grant, resources, until: now + Math.max(refuseMs, 1000) })
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('frameworks with tasks of any shape converge to equal weighted dominant shares', () => {
  const shape = fc.record({
    cpus: fc.integer({ min: 1, max: 4 }),
    mem: fc.integer({ min: 1, max: 4 }),
    weight: fc.constantFrom(1, 2, 3),
  })
  fc.assert(
    fc.property(fc.array(shape, { minLength: 2, maxLength: 5 }), (shapes) => {
      const allocator = new Allocator({ random: createRandom(3) })
      allocator.addAgent({ id: 'a', hostname: 'h', total: Resources.parse('cpus:1000;mem:1000') })
      for (const [i, { weight }] of shapes.entries()) {
        allocator.addFramework({ id: `${i}`, roles: [`r${i}`] })
        allocator.setWeights(new Map([[`r${i}`, weight]]))
      }
      const shares = shapes.map(() => 0)
      const perTask = shapes.map(({ cpus, mem, weight }) => Math.max(cpus, mem) / weight)
      for (let now = 0; now < 100_000; now += 1000) {
        for (const { resources, ...grant } of allocator.allocate(now)) {
          const i = Number(grant.frameworkId)
          const task = Resources.parse(`cpus:${shapes[i]?.cpus};mem:${shapes[i]?.mem}`).allocatedTo(grant.role)
          shares[i] = (shares[i] ?? 0) + (perTask[i] ?? 0)
          allocator.recover({ ...grant, resources: resources.subtract(task) }, { now })
        }
      }
      assert.ok(Math.max(...shares) - Math.min(...shares) <= Math.max(...perTask) + 1e-9, shares.join())
    }),
    { numRuns: 100 },
  )
})
