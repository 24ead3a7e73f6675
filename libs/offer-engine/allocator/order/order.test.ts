import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import fc from 'fast-check'
import { DrfOrder, dominantShare } from './drf-order.ts'
import { drawn, randomFor } from './lots.ts'
import { RandomOrder } from './random-order.ts'
import type { ClusterTotal, Competitor } from './order.ts'

function competitor(path: string, weight = 1): Competitor {
  return { path, weight, allocated: [], count: 0, place: undefined }
}

function createTotal(): { -readonly [K in keyof ClusterTotal]: ClusterTotal[K] } {
  return { vector: [1000, 1000], quotaScalars: [], excluded: new Set(), version: 0 }
}

const change = fc.record({
  kind: fc.constantFrom('touch', 'touch', 'touch', 'total', 'total', 'toggle', 'read'),
  which: fc.nat(29),
  cpus: fc.nat(9),
  mem: fc.nat(9),
  weight: fc.constantFrom(1, 1, 1, 2),
})

test('however amounts and totals change, the order is that of a sort from scratch', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 60, maxLength: 120 }), (changes) => {
      const total = createTotal()
      const order = new DrfOrder<Competitor>(total)
      const all = Array.from({ length: 30 }, (_, i) => competitor(`f${i}`))
      const members = new Set(all.slice(0, 25))
      for (const one of members) order.add(one)
      for (const { kind, which, cpus, mem, weight } of changes) {
        const one = all[which] as Competitor
        if (kind === 'total') {
          // By less and by more than what is corrected without sorting everybody anew, or to nothing.
          const amount = (times: number): number => (times === 9 ? 0 : 1000 + which * times)
          total.vector.splice(0, 2, amount(cpus), amount(mem))
          total.version++
        } else if (kind === 'touch') {
          one.allocated.splice(0, 2, cpus, mem)
          one.weight = weight
          one.count++
          order.touch(one)
        } else if (kind === 'toggle') {
          if (members.delete(one)) order.remove(one)
          else {
            members.add(one)
            order.add(one)
          }
        } else {
          const key = (of: Competitor): [number, number] => [dominantShare(of, total), of.count]
          const expected = [...members].sort((a, b) => {
            const [[shareA, countA], [shareB, countB]] = [key(a), key(b)]
            return shareA - shareB || countA - countB || (a.path < b.path ? -1 : 1)
          })
          assert.deepEqual(
            [...order.sorted()].map(({ path }) => path),
            expected.map(({ path }) => path),
          )
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('of two with one share, who has more of another resource does not follow the other into every total', () => {
  const total = createTotal()
  total.vector.splice(0, 2, 10_000, 10_000)
  const order = new DrfOrder<Competitor>(total)
  const [a, b, c] = ['a', 'b', 'c'].map((path) => competitor(path)) as [Competitor, Competitor, Competitor]
  a.allocated.splice(0, Infinity, 1000)
  b.allocated.splice(0, Infinity, 1000, 990)
  c.allocated.splice(0, Infinity, 0, 985)
  for (const one of [a, b, c]) order.add(one)
  const paths = (): string[] => [...order.sorted()].map(({ path }) => path)
  assert.deepEqual(paths(), ['c', 'a', 'b'])
  total.vector[0] = 10_190
  total.version++
  assert.deepEqual(paths(), ['a', 'c', 'b'])
})

test('[mesos 51] a random order serves everybody once, and the one of weight three first in half of the draws', () => {
  const order = new RandomOrder<Competitor>()
  for (const [path, weight] of [
    ['a', 1],
    ['b', 3],
    ['c', 1],
    ['d', 1],
  ] as const)
    order.add(competitor(path, weight))
  const first = new Map<string, number>()
  for (let seed = 0; seed < 6000; seed++) {
    const paths = [...order.sorted((level) => randomFor(seed, level), 'level')].map(({ path }) => path)
    assert.deepEqual(paths.toSorted(), ['a', 'b', 'c', 'd'])
    first.set(paths[0] ?? '', (first.get(paths[0] ?? '') ?? 0) + 1)
  }
  assert.ok(Math.abs((first.get('b') ?? 0) - 3000) < 200, `${first.get('b')}`)
  for (const path of ['a', 'c', 'd']) assert.ok(Math.abs((first.get(path) ?? 0) - 1000) < 150, `${first.get(path)}`)
})

test('with equal weights every order is as likely', () => {
  const items = ['a', 'b', 'c'].map((path) => ({ path, weight: 2 }))
  const counts = new Map<string, number>()
  const random = createRandom(7)
  for (let i = 0; i < 6000; i++) {
    const order = [...drawn(items, random)].map(({ path }) => path).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.equal(counts.size, 6)
  for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${order} ${count}`)
})

test('a competitor that left a random order is not drawn, and lots of one text are the same', () => {
  const order = new RandomOrder<Competitor>()
  const [a, b, c] = ['a', 'b', 'c'].map((path) => competitor(path)) as [Competitor, Competitor, Competitor]
  for (const one of [c, a, b]) order.add(one)
  order.remove(b)
  const draw = (): string[] => [...order.sorted((level) => randomFor(3, level), 'x')].map(({ path }) => path)
  assert.deepEqual(draw().toSorted(), ['a', 'c'])
  assert.deepEqual(draw(), draw())
  assert.equal(order.size, 2)
})
