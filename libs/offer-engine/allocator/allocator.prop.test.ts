import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import fc from 'fast-check'
import { Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import { Pair } from './twin/pair.ts'
import type { Op, PairOptions } from './twin/pair.ts'
import { performSeed } from './twin/random-events.ts'
import type { Allocation } from './types.ts'

const small = fc.nat(4)

const tick: fc.Arbitrary<Op> = fc.record({
  op: fc.constant('tick' as const),
  ms: fc.constantFrom(0, 200, 1000, 3000),
  workMax: fc.constantFrom(Infinity, 1, 7),
})
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

function sequences(ops: readonly fc.Arbitrary<Op>[], options: PairOptions = {}): void {
  fc.assert(
    fc.property(fc.array(fc.oneof(...ops, ...frequent), { minLength: 10, maxLength: 80, size: 'max' }), (sequence) => {
      const pair = new Pair(options)
      pair.populate()
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

test('[reliability R18] with random sorters, both draw the same lots', () => {
  sequences([...plainOps, quotaOp], { roleSorter: 'random', frameworkSorter: 'random' })
})

test('[reliability R18] fifty seeds of the long comparison', () => {
  let runs = 0
  for (let seed = 0; seed < 50; seed++) runs += performSeed(seed)
  assert.ok(runs > 500, `${runs} runs`)
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

test('[mesos 47] [mesos 49] frameworks with tasks of any shape converge to equal weighted dominant shares', () => {
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
