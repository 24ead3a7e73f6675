import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { FreeResources } from './needs.ts'

const scalar = (name: string, value: number, rest: Partial<mesos.Resource> = {}): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...rest,
})
const ports = (...range: (readonly [number, number])[]): mesos.Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: range.map(([begin, end]) => ({ begin, end })) },
})

test('what is taken is not free any more, in thousandths', () => {
  const free = new FreeResources([scalar('cpus', 0.3)])
  for (const left of [0.2, 0.1, 0]) {
    assert.equal(free.lack({ cpus: 0.1 }), undefined)
    assert.deepEqual(free.take({ cpus: 0.1 }), [scalar('cpus', 0.1)])
    assert.equal(free.amount('cpus'), left)
  }
  assert.equal(free.lack({ cpus: 0.001 }), '0.001 cpus are needed, 0 are free')
})

test('reserved resources are taken first, each with its reservation', () => {
  const reservation = { reservations: [{ type: 'DYNAMIC' as const, role: 'eng' }] }
  const free = new FreeResources([
    scalar('mem', 100),
    scalar('mem', 50, reservation),
    scalar('mem', 20, { role: 'eng' }),
  ])
  assert.deepEqual(free.take({ memMib: 90 }), [
    scalar('mem', 50, reservation),
    scalar('mem', 20, { role: 'eng' }),
    scalar('mem', 20),
  ])
  assert.equal(free.amount('mem'), 80)
})

test('volumes, disks of their own and what may be taken back are left alone', () => {
  const free = new FreeResources([
    scalar('disk', 10, { disk: { persistence: { id: 'volume' } } }),
    scalar('disk', 20, { disk: { source: { type: 'MOUNT' } } }),
    scalar('cpus', 4, { revocable: {} }),
    scalar('disk', 5),
  ])
  assert.equal(free.amount('disk'), 5)
  assert.equal(free.lack({ cpus: 1 }), '1 cpus are needed, 0 are free')
})

test('ports are given by number or by name', () => {
  const free = new FreeResources([ports([10, 11], [20, 22])])
  assert.equal(free.lack({ ports: 6 }), '6 ports are needed, 5 are free')
  assert.deepEqual(free.take({ ports: [21] }), [ports([21, 21])])
  assert.equal(free.lack({ ports: [20, 21] }), 'ports 21 are not free')
  assert.deepEqual(free.take({ ports: 3 }), [ports([10, 10], [11, 11], [20, 20])])
  assert.deepEqual(free.ports, [22])
})
