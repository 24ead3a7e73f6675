import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { Resources } from './resources.ts'
import { toEndpointFormat, toPreRefinement } from './wire.ts'
import { validateResource, validateResources } from './validate.ts'

const text = (resources: string, role?: string): Resources =>
  Resources.parse(resources, role === undefined ? {} : { role })
const scalar = (name: string, value: number, more: Partial<mesos.Resource> = {}): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
})
const dynamic = (role: string, principal?: string): mesos.Resource_ReservationInfo => ({
  type: 'DYNAMIC',
  role,
  ...(principal !== undefined && { principal }),
})
const wire = (...resources: mesos.Resource[]): Resources => Resources.fromWire(resources)

test('scalars add up in thousandths without drift', () => {
  let sum = Resources.empty
  for (let i = 0; i < 1000; i++) sum = sum.add(text('cpus:0.1'))
  assert.equal(sum.toString(), 'cpus:100')
  assert.equal(text('cpus:0.3').subtract(text('cpus:0.1')).subtract(text('cpus:0.2')).toString(), '{}')
})

test('ranges merge when they overlap or touch and split when cut', () => {
  const ports = text('ports:[1-5,7-9]').add(text('ports:[6-6]'))
  assert.equal(ports.toString(), 'ports:[1-9]')
  assert.equal(ports.subtract(text('ports:[3-4]')).toString(), 'ports:[1-2, 5-9]')
  assert.ok(ports.contains(text('ports:[2-3,8-9]')))
  assert.ok(!ports.contains(text('ports:[9-10]')))
})

test('resources print as Mesos prints them', () => {
  const volume = scalar('disk', 64, {
    reservations: [dynamic('conf', 'p')],
    allocation_info: { role: 'conf' },
    disk: { persistence: { id: 'v1', principal: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
  })
  assert.equal(wire(volume).toString(), 'disk(allocated: conf)(reservations: [(DYNAMIC,conf,p)])[v1:data]:64')
  assert.equal(
    text('ports:[31000-32000];cpus:4;mem:8192').allocatedTo('conf').toString(),
    'ports(allocated: conf):[31000-32000]; cpus(allocated: conf):4; mem(allocated: conf):8192',
  )
  assert.equal(text('bugs(dbg):{b,a}').toString(), 'bugs(reservations: [(STATIC,dbg)]):{a, b}')
  assert.equal(
    wire({ ...volume, shared: {} })
      .toString()
      .slice(-18),
    '[v1:data]<SHARED>:64<1>'.slice(-18),
  )
})

test('an invalid resource is named in full', () => {
  const bad = scalar('cpus', -1, { allocation_info: { role: 'conf' } })
  assert.equal(
    validateResources([bad]),
    `Resource 'cpus(allocated: conf):-1' is invalid: Invalid scalar resource: value <= 0`,
  )
})

test('[mesos 78] [mesos 79] resources differ by reservation, principal, labels, disk, revocable flag and allocation', () => {
  const variants = [
    scalar('disk', 1),
    scalar('disk', 1, { reservations: [dynamic('a')] }),
    scalar('disk', 1, { reservations: [dynamic('a', 'p')] }),
    scalar('disk', 1, { reservations: [dynamic('a'), dynamic('a/b')] }),
    scalar('disk', 1, { reservations: [{ ...dynamic('a'), labels: { labels: [{ key: 'k' }] } }] }),
    scalar('disk', 1, { revocable: {} }),
    scalar('disk', 1, { allocation_info: { role: 'a' } }),
    scalar('disk', 1, { disk: { source: { type: 'PATH', path: { root: '/a' } } } }),
  ]
  assert.equal(wire(...variants).items.length, variants.length)
  assert.equal(wire(...variants, ...variants).items.length, variants.length)
})

test('[mesos 87] mount disks and volumes are taken whole or not at all', () => {
  const mount = scalar('disk', 100, { disk: { source: { type: 'MOUNT', mount: { root: '/m' } } } })
  assert.ok(!wire(mount).contains(wire({ ...mount, scalar: { value: 50 } })))
  assert.ok(wire(mount).contains(wire(mount)))
  assert.ok(!wire(mount).contains(wire(mount, mount)))
  assert.equal(
    wire(mount)
      .subtract(wire({ ...mount, scalar: { value: 50 } }))
      .toString(),
    'disk[MOUNT:/m]:100',
  )
})

test('shared volumes count their copies, not their size', () => {
  const shared = scalar('disk', 10, { reservations: [dynamic('a')], disk: { persistence: { id: 'v' } }, shared: {} })
  const two = wire(shared, shared)
  assert.equal(two.items.length, 1)
  assert.equal(two.scalar('disk'), 10_000)
  assert.ok(two.contains(wire(shared, shared)) && !wire(shared).contains(two))
  assert.equal(two.subtract(wire(shared)).subtract(wire(shared)).toString(), '{}')
})

test('the legacy, refined and endpoint formats mean the same', () => {
  const legacy = scalar('cpus', 1, { role: 'a', reservation: { principal: 'p' } })
  const refined = scalar('cpus', 1, { reservations: [dynamic('a', 'p')] })
  assert.ok(wire(legacy).equals(wire(refined)))
  assert.deepEqual(wire(legacy).toWire(), [refined])
  assert.deepEqual(toPreRefinement(refined), legacy)
  assert.deepEqual(toEndpointFormat(refined), { ...legacy, ...refined })
  assert.deepEqual(toPreRefinement(scalar('cpus', 1)), scalar('cpus', 1, { role: '*' }))
  assert.equal(toPreRefinement(scalar('cpus', 1, { reservations: [dynamic('a'), dynamic('a/b')] })), undefined)
})

test('[mesos 76] reserve and unreserve push and pop one reservation', () => {
  const total = text('cpus:4;mem:8192')
  const reserved = scalar('cpus', 1, { reservations: [dynamic('a', 'p')] })
  const after = total.apply({ type: 'RESERVE', reserve: { resources: [reserved] } })
  assert.ok(after.ok)
  assert.equal(after.resources.toString(), 'cpus:3; mem:8192; cpus(reservations: [(DYNAMIC,a,p)]):1')
  const back = after.resources.apply({ type: 'UNRESERVE', unreserve: { resources: [reserved] } })
  assert.ok(back.ok && back.resources.equals(total))
})

test('an operation that wants more than there is is refused in the words of Mesos', () => {
  const total = text('cpus:4; mem:8192; disk:10000; ports:[31000-32000]')
  const reserved = scalar('cpus', 100000, { reservations: [dynamic('a')] })
  const result = total.apply({ type: 'RESERVE', reserve: { resources: [reserved] } })
  assert.ok(!result.ok)
  assert.equal(result.error, 'cpus:4; mem:8192; disk:10000; ports:[31000-32000] does not contain cpus:100000')
})

test('[mesos 84] create, grow, shrink and destroy keep the amount of disk', () => {
  const reservations = [dynamic('a')]
  const volume = scalar('disk', 40, { reservations, disk: { persistence: { id: 'v' } } })
  const disk = (value: number): mesos.Resource => scalar('disk', value, { reservations })
  const steps: mesos.Offer_Operation[] = [
    { type: 'CREATE', create: { volumes: [volume] } },
    { type: 'GROW_VOLUME', grow_volume: { volume, addition: disk(10) } },
    { type: 'SHRINK_VOLUME', shrink_volume: { volume: { ...volume, scalar: { value: 50 } }, subtract: { value: 20 } } },
    { type: 'DESTROY', destroy: { volumes: [{ ...volume, scalar: { value: 30 } }] } },
  ]
  let resources = wire(disk(100))
  for (const step of steps) {
    const result = resources.apply(step)
    assert.ok(result.ok, result.ok ? '' : result.error)
    resources = result.resources
    assert.equal(resources.scalar('disk'), 100_000)
  }
  assert.ok(resources.equals(wire(disk(100))))
})

test('a shared volume with further copies cannot be destroyed', () => {
  const shared = scalar('disk', 10, { reservations: [dynamic('a')], disk: { persistence: { id: 'v' } }, shared: {} })
  const result = wire(shared, shared).apply({ type: 'DESTROY', destroy: { volumes: [shared] } })
  assert.equal(
    result.ok ? '' : result.error,
    'Persistent volume disk(reservations: [(DYNAMIC,a)])[v]<SHARED>:10 cannot be removed due to additional shared copies',
  )
})

test('text with a wrong form is refused with the reason', () => {
  assert.throws(() => text('cpus'), /missing or extra ':' in cpus/)
  assert.throws(() => text('cpus:1:2'), /missing or extra ':'/)
  assert.throws(() => text('cpus(a:1'), /mismatched parentheses/)
  assert.throws(() => text('cpus:x'), /type TEXT/)
  assert.throws(() => text('cpus:-1'), /value <= 0/)
  assert.throws(() => text('ports:[5-1]'), /begin > end/)
  assert.throws(() => text('a:1;a:{x}'), /different types/)
  assert.throws(() => text('cpus(a/../b):1'), /cannot include '..' as a component/)
})

test('[mesos 79] reservation stacks must refine strictly downwards', () => {
  const stacked = (...reservations: mesos.Resource_ReservationInfo[]): string | undefined =>
    validateResource(scalar('cpus', 1, { reservations }))
  assert.equal(stacked(dynamic('a'), dynamic('a/b'), dynamic('a/b/c')), undefined)
  assert.match(stacked(dynamic('a'), dynamic('b')) ?? '', /role 'b' is not a refinement of 'a'/)
  assert.match(stacked(dynamic('a'), { type: 'STATIC', role: 'a/b' }) ?? '', /cannot be STATIC/)
  assert.match(stacked(dynamic('*')) ?? '', /cannot be reserved/)
})

test('resources are also read from JSON', () => {
  const mount = { type: 'MOUNT', mount: { root: '/m' } }
  const json = JSON.stringify([
    { name: 'cpus', type: 'SCALAR', scalar: { value: 2 } },
    { name: 'disk', type: 'SCALAR', scalar: { value: 5 }, role: 'a', disk: { source: mount } },
  ])
  assert.equal(text(json).toString(), 'cpus:2; disk(reservations: [(STATIC,a)])[MOUNT:/m]:5')
  assert.equal(text(json, 'b').reserved('b').scalar('cpus'), 2000)
  assert.throws(() => text('[1]'), /not formatted properly/)
  assert.throws(() => text('[{"name":"cpus","type":"SCALAR","scalar":{"value":1},"revocable":{}}]'), /Revocable/)
})
