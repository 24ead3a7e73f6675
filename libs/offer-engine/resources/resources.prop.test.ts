import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import fc from 'fast-check'
import { Resources } from './resources.ts'
import { toEndpointFormat, toPostRefinement, toPreRefinement } from './wire.ts'

const stacks: readonly (readonly mesos.Resource_ReservationInfo[])[] = [
  [],
  [{ type: 'STATIC', role: 'a' }],
  [{ type: 'DYNAMIC', role: 'a', principal: 'p' }],
  [{ type: 'DYNAMIC', role: 'a', labels: { labels: [{ key: 'k', value: 'v' }] } }],
  [
    { type: 'STATIC', role: 'a' },
    { type: 'DYNAMIC', role: 'a/b' },
  ],
]
const disks: readonly (mesos.Resource_DiskInfo | undefined)[] = [
  undefined,
  { source: { type: 'PATH', path: { root: '/p' } } },
  { source: { type: 'MOUNT', mount: { root: '/m' } } },
  { persistence: { id: 'v1' }, volume: { container_path: 'data', mode: 'RW' } },
]

/** Few kinds and small amounts, so that the same ones meet often. */
const scalar: fc.Arbitrary<mesos.Resource> = fc
  .record({
    name: fc.constantFrom('cpus', 'mem', 'disk', 'gpus'),
    milli: fc.integer({ min: 1, max: 5000 }),
    stack: fc.constantFrom(...stacks),
    disk: fc.constantFrom(...disks),
    revocable: fc.boolean(),
    role: fc.constantFrom(undefined, 'r'),
  })
  .map(({ name, milli, stack, disk, revocable, role }) => ({
    name,
    type: 'SCALAR',
    scalar: { value: milli / 1000 },
    ...(stack.length > 0 && { reservations: [...stack] }),
    ...(name === 'disk' && disk && { disk }),
    ...(revocable && { revocable: {} }),
    ...(role !== undefined && { allocation_info: { role } }),
  }))

const ranges: fc.Arbitrary<mesos.Resource> = fc
  .array(fc.tuple(fc.nat(40), fc.nat(5)), { minLength: 1, maxLength: 3 })
  .map((pairs) => {
    const union = pairs.map(([begin, size]) => Resources.parse(`ports:[${begin}-${begin + size}]`))
    return union.reduce((sum, one) => sum.add(one)).toWire()[0] as mesos.Resource
  })

const set: fc.Arbitrary<mesos.Resource> = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
  .map((item) => ({ name: 'bugs', type: 'SET', set: { item } }))

const scalarsOnly = fc.array(scalar, { maxLength: 6 }).map((list) => Resources.fromWire(list))
const anything = fc.array(fc.oneof(scalar, ranges, set), { maxLength: 6 }).map((list) => Resources.fromWire(list))

function property<Ts extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  holds: (...args: Ts) => void,
): void {
  test(name, () => fc.assert(fc.property(...arbitraries, holds), { numRuns: 500 }))
}

const same = (left: Resources, right: Resources): void => assert.ok(left.equals(right), `${left} ≠ ${right}`)

property('what is added can be taken away again', [scalarsOnly, scalarsOnly], (a, b) => same(a.add(b).subtract(b), a))

property('a sum contains its parts, in any order', [anything, anything], (a, b) => {
  assert.ok(a.add(b).contains(a) && a.add(b).contains(b))
  same(a.add(b), b.add(a))
})

property('what is contained can be taken out and put back', [anything, anything], (a, b) => {
  assert.ok(a.contains(a.subtract(b)))
  if (a.contains(b)) same(a.subtract(b).add(b), a)
})

property('sums do not depend on grouping', [anything, anything, anything], (a, b, c) => {
  same(a.add(b).add(c), a.add(b.add(c)))
})

property('nothing is created or lost: quantities add up', [scalarsOnly, scalarsOnly], (a, b) => {
  for (const name of ['cpus', 'mem', 'disk', 'gpus']) {
    assert.equal(a.add(b).scalar(name), a.scalar(name) + b.scalar(name))
  }
})

property('containment is transitive and antisymmetric', [anything, anything], (a, b) => {
  if (a.contains(b) && b.contains(a))
    assert.deepEqual([...a.scalarQuantities()].sort(), [...b.scalarQuantities()].sort())
  if (a.contains(b)) assert.ok(a.add(b).contains(b))
})

property('the wire carries everything', [anything], (a) => {
  same(Resources.fromWire(a.toWire()), a)
  same(Resources.fromWire(a.toWire().map(toEndpointFormat).map(toPostRefinement)), a)
  const plain = a.filter((item) => item.meta.reservations.length < 2)
  same(Resources.fromWire(plain.toWire().flatMap((resource) => toPreRefinement(resource) ?? [])), plain)
})

property('unreserved resources are read as they are printed', [anything], (a) => {
  const plain = a
    .unreserved()
    .unallocated()
    .nonRevocable()
    .filter((item) => item.meta.disk === undefined)
  if (!plain.isEmpty()) same(Resources.parse(plain.toString().replaceAll('; ', ';')), plain)
})

property('allocating and unallocating is the identity', [anything], (a) => {
  const bare = a.unallocated()
  same(bare.allocatedTo('x').unallocated(), bare)
  assert.ok(bare.allocatedTo('x').items.every((item) => item.meta.allocationRole === 'x'))
})

property('a reservation can be pushed and popped', [anything], (a) => {
  const free = a.unreserved().nonRevocable()
  const reserved = free.pushReservation({ type: 'DYNAMIC', role: 'q' })
  const after = a.apply({ type: 'RESERVE', reserve: { resources: reserved.toWire() } })
  assert.ok(after.ok)
  const back = after.resources.apply({ type: 'UNRESERVE', unreserve: { resources: reserved.toWire() } })
  assert.ok(back.ok)
  same(back.resources, a)
})
