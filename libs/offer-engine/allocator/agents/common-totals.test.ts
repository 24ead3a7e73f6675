import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Resources } from '../../resources/index.ts'
import { CommonTotals } from './common-totals.ts'

const text = 'ports:[31000-31010];cpus:4;mem:1024'

test('agents with the same resources share one total and one offer', () => {
  const totals = new CommonTotals()
  assert.equal(totals.of(Resources.parse(text)), totals.of(Resources.parse(text)))
})

for (const [other, why] of [
  ['ports:[31000-31011];cpus:4;mem:1024', 'other ports'],
  ['ports:[31000-31010];cpus:4;mem:1025', 'another amount'],
  ['ports:[31000-31010];cpus:1024;mem:4', 'the same numbers of other names'],
  ['ports:[31000-31010];mem:1024;cpus:4', 'another order'],
  ['ports:[31000-31010];cpus:4;mem:1024;disk:1', 'one resource more'],
  ['ports:[31000-31010];cpus(a):4;mem:1024', 'a reservation'],
] as const) {
  test(`an agent with ${why} has a total of its own`, () => {
    const totals = new CommonTotals()
    totals.of(Resources.parse(text))
    assert.equal(totals.of(Resources.parse(other)).total.toString(), Resources.parse(other).toString())
  })
}

test('reserved resources are not shared: their reservations may differ in what is no part of their key', () => {
  const totals = new CommonTotals()
  const [one, other] = [Resources.parse('cpus(a):4'), Resources.parse('cpus(a):4')]
  assert.equal(totals.of(one).total, one)
  assert.equal(totals.of(other).total, other)
})

test('however many kinds of agents there have been, each gets what it has', () => {
  const totals = new CommonTotals()
  for (let i = 1; i <= 2_500; i++) {
    const total = Resources.parse(`cpus:${i};mem:${2_600 - i}`)
    assert.equal(totals.of(total).total, total)
  }
  assert.equal(totals.of(Resources.parse('cpus:2500;mem:100')).total.toString(), 'cpus:2500; mem:100')
})
