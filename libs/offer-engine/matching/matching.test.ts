import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { Resources } from '../resources/index.ts'
import { matchOffer, packOffer } from './match.ts'
import { OfferPool } from './offer-pool.ts'
import type { ConstraintOperator, Demand, MatchContext, Placement } from './types.ts'

const random = createRandom(7)
const app: Demand = { role: '*', cpus: 1, mem: 128 }

function offer(resources: string, more: Partial<mesos.Offer> = {}): mesos.Offer {
  return {
    id: { value: 'o' },
    framework_id: { value: 'f' },
    agent_id: { value: 'a' },
    hostname: 'h1',
    resources: Resources.parse(resources).toWire(),
    ...more,
  }
}

function reasons(given: mesos.Offer, demand: Demand, context: Partial<MatchContext> = {}): string[] {
  const result = matchOffer(given, demand, { random, ...context })
  return result.kind === 'match' ? [] : result.reasons.map(({ reason }) => reason)
}

const text = (name: string, value: string): mesos.Attribute => ({ name, type: 'TEXT', text: { value } })
const host = 'cpus:4;mem:1000;disk:100;ports:[31000-31009]'

test('a fitting offer gives the resources of one instance', () => {
  const result = matchOffer(offer(host), { ...app, disk: 10, hostPorts: [0, 31005] }, { random })
  assert.ok(result.kind === 'match')
  const [drawn, fixed] = result.hostPorts
  assert.ok(drawn !== undefined && drawn >= 31000 && drawn <= 31009 && drawn !== 31005)
  assert.equal(fixed, 31005)
  const taken = Resources.fromWire(result.resources)
  assert.equal(taken.scalar('cpus'), 1000)
  assert.equal(taken.scalar('disk'), 10_000)
  assert.ok(Resources.fromWire(offer(host).resources).contains(taken))
})

test('[marathon 80] every shortage is told with what was needed and what was there', () => {
  const result = matchOffer(
    offer('cpus:0.5;mem:64;ports:[1-2]'),
    { ...app, disk: 1, gpus: 1, hostPorts: [8080, 0] },
    { random },
  )
  assert.ok(result.kind === 'refused')
  assert.deepEqual(result.reasons, [
    { reason: 'InsufficientCpus', needed: 'cpus:1', offered: 'cpus:0.5' },
    { reason: 'InsufficientMemory', needed: 'mem:128', offered: 'mem:64' },
    { reason: 'InsufficientDisk', needed: 'disk:1', offered: 'disk:0' },
    { reason: 'InsufficientGpus', needed: 'gpus:1', offered: 'gpus:0' },
    { reason: 'InsufficientPorts', needed: 'host ports 8080 and 1 free host port', offered: '[1-2]' },
  ])
})

test('an offer of another role is refused for the role alone', () => {
  assert.deepEqual(reasons(offer('cpus:0.1', { allocation_info: { role: 'x' } }), app), ['UnfulfilledRole'])
})

test('reserved resources of the own role are taken first and joined with unreserved ones', () => {
  const demand = { ...app, role: 'dev', cpus: 3 }
  const mixed = offer('cpus:2;cpus(dev):2;mem:1000')
  const result = matchOffer(mixed, demand, { random })
  assert.ok(result.kind === 'match')
  const taken = Resources.fromWire(result.resources)
  assert.equal(taken.reserved('dev').scalar('cpus'), 2000)
  assert.equal(taken.unreserved().scalar('cpus'), 1000)
  assert.deepEqual(reasons(mixed, { ...demand, acceptedResourceRoles: ['*'] }), ['InsufficientCpus'])
  assert.deepEqual(reasons(mixed, { ...demand, acceptedResourceRoles: ['dev'] }), [
    'InsufficientCpus',
    'InsufficientMemory',
  ])
})

test('an offer in the legacy format is answered in it', () => {
  const legacy = offer('', { resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, role: '*' }] })
  const result = matchOffer(legacy, { ...app, mem: 0 }, { random })
  assert.deepEqual(result.kind === 'match' && result.resources, legacy.resources)
})

test('volumes, shared, revocable and labelled resources are left alone', () => {
  const labels = { labels: [{ key: 'k', value: 'v' }] }
  const reservations: mesos.Resource_ReservationInfo[] = [{ type: 'DYNAMIC', role: 'dev', labels }]
  const special: mesos.Resource[] = [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, revocable: {} },
    { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, reservations },
  ]
  const demand = { ...app, role: 'dev', mem: 0 }
  assert.deepEqual(reasons(offer('', { resources: special }), demand), ['InsufficientCpus'])
  assert.deepEqual(reasons(offer('', { resources: special }), { ...demand, reservationLabels: { k: 'v' } }), [])
  assert.deepEqual(reasons(offer('', { resources: special }), { ...demand, reservationLabels: { k: 'w' } }), [
    'NoCorrespondingReservationFound',
    'InsufficientCpus',
  ])
})

test('agents with GPUs are kept for those that need them', () => {
  assert.deepEqual(reasons(offer('cpus:1;mem:128;gpus:1'), app), ['DeclinedScarceResources'])
  assert.deepEqual(reasons(offer('cpus:1;mem:128;gpus:1'), app, { gpuScheduling: 'unrestricted' }), [])
  assert.deepEqual(reasons(offer('cpus:1;mem:128;gpus:1'), { ...app, gpus: 1 }), [])
})

test('agents in maintenance, or soon to be, are refused', () => {
  const window = (startMs: number, durationMs: number): mesos.Offer =>
    offer(host, {
      unavailability: { start: { nanoseconds: startMs * 1e6 }, duration: { nanoseconds: durationMs * 1e6 } },
    })
  const at = (now: number): Partial<MatchContext> => ({ maintenance: { now, drainingMs: 100 } })
  assert.deepEqual(reasons(window(1000, 500), app, at(899)), [])
  assert.deepEqual(reasons(window(1000, 500), app, at(900)), ['UnfulfilledConstraint', 'AgentMaintenance'])
  assert.deepEqual(reasons(window(1000, 500), app, at(1499)), ['UnfulfilledConstraint', 'AgentMaintenance'])
  assert.deepEqual(reasons(window(1000, 500), app, at(1500)), [])
})

test('another region is used only on demand', () => {
  const remote = offer(host, { domain: { fault_domain: { region: { name: 'us' }, zone: { name: 'a' } } } })
  assert.deepEqual(reasons(remote, app, { localRegion: 'eu' }), ['UnfulfilledConstraint'])
  const constraints = [{ field: '@region', operator: 'IS', value: 'us' } as const]
  assert.deepEqual(reasons(remote, { ...app, constraints }, { localRegion: 'eu' }), [])
})

interface ConstraintCase {
  readonly rule: readonly [field: string, operator: ConstraintOperator, value?: string]
  readonly attributes?: readonly mesos.Attribute[]
  readonly racks?: readonly string[]
  readonly instances?: number
  readonly fits: boolean
}

const rack = (value: string): mesos.Attribute[] => [text('rack', value)]
const cases: readonly ConstraintCase[] = [
  { rule: ['hostname', 'UNIQUE'], racks: [], fits: true },
  { rule: ['hostname', 'UNIQUE'], racks: ['any'], fits: false },
  { rule: ['rack', 'UNIQUE'], attributes: rack('r1'), racks: ['r2', 'r3'], fits: true },
  { rule: ['rack', 'UNIQUE'], attributes: rack('r2'), racks: ['r2', 'r3'], fits: false },
  { rule: ['rack', 'UNIQUE'], racks: [], fits: false },
  { rule: ['rack', 'CLUSTER'], attributes: rack('r1'), racks: [], fits: true },
  { rule: ['rack', 'CLUSTER'], attributes: rack('r1'), racks: ['r2'], fits: false },
  { rule: ['rack', 'CLUSTER'], attributes: rack('r2'), racks: ['r2', 'r2'], fits: true },
  { rule: ['rack', 'CLUSTER', 'r1'], attributes: rack('r1'), racks: ['r2'], fits: true },
  { rule: ['rack', 'CLUSTER', 'r1'], attributes: rack('r2'), racks: [], fits: false },
  { rule: ['rack', 'LIKE', 'r[12]'], attributes: rack('r2'), fits: true },
  { rule: ['rack', 'LIKE', 'r[12]'], attributes: rack('r22'), fits: false },
  { rule: ['rack', 'LIKE', 'r.*'], fits: false },
  { rule: ['rack', 'UNLIKE', 'r[12]'], attributes: rack('r3'), fits: true },
  { rule: ['rack', 'UNLIKE', 'r[12]'], attributes: rack('r1'), fits: false },
  { rule: ['rack', 'UNLIKE', 'r.*'], fits: true },
  { rule: ['rack', 'MAX_PER', '2'], attributes: rack('r1'), racks: ['r1'], fits: true },
  { rule: ['rack', 'MAX_PER', '2'], attributes: rack('r1'), racks: ['r1', 'r1'], fits: false },
  { rule: ['rack', 'IS', 'r1'], attributes: rack('r1'), fits: true },
  { rule: ['rack', 'IS', 'r1'], attributes: rack('r2'), fits: false },
  { rule: ['n', 'IS', '4.0'], attributes: [{ name: 'n', type: 'SCALAR', scalar: { value: 4 } }], fits: true },
  { rule: ['n', 'LIKE', '0\\.5'], attributes: [{ name: 'n', type: 'SCALAR', scalar: { value: 0.5 } }], fits: true },
  { rule: ['s', 'IS', '{a,b}'], attributes: [{ name: 's', type: 'SET', set: { item: ['b', 'a'] } }], fits: true },
  {
    rule: ['r', 'IS', '[1-2,5-6]'],
    attributes: [{ name: 'r', type: 'RANGES', ranges: { range: [5, 1].map((begin) => ({ begin, end: begin + 1 })) } }],
    fits: true,
  },
  { rule: ['rack', 'IN', 'r1,r2'], attributes: rack('r2'), fits: true },
  { rule: ['rack', 'IN', '{r1,r2}'], attributes: rack('r3'), fits: false },
  { rule: ['rack', 'GROUP_BY', '2'], attributes: rack('r1'), racks: ['r1', 'r1'], instances: 4, fits: false },
  { rule: ['rack', 'GROUP_BY', '2'], attributes: rack('r2'), racks: ['r1', 'r1'], instances: 4, fits: true },
  { rule: ['rack', 'GROUP_BY', '4'], attributes: rack('r2'), racks: ['r1', 'r1', 'r2'], instances: 5, fits: false },
  { rule: ['rack', 'GROUP_BY', '4'], attributes: rack('r2'), racks: ['r1', 'r2'], instances: 5, fits: true },
  { rule: ['rack', 'GROUP_BY', '2'], attributes: rack('r3'), racks: ['r1', 'r2'], instances: 4, fits: false },
  { rule: ['rack', 'GROUP_BY'], attributes: rack('r3'), racks: ['r1', 'r2'], fits: true },
  { rule: ['rack', 'GROUP_BY'], attributes: rack('r1'), racks: ['r1', 'r2'], fits: true },
  { rule: ['rack', 'GROUP_BY'], attributes: rack('r1'), racks: ['r1', 'r1', 'r2'], fits: false },
]

for (const { rule, attributes = [], racks = [], instances = 1, fits } of cases) {
  const [field, operator, value] = rule
  const seen = attributes.map((attribute) => attribute.text?.value ?? attribute.type).join()
  test(`${rule.join(' ')} ${fits ? 'accepts' : 'refuses'} ${seen || 'no attribute'} with ${racks.join() || 'none'}`, () => {
    const placed = racks.map((name): Placement => ({ hostname: 'h1', attributes: rack(name) }))
    const demand = { ...app, constraints: [{ field, operator, value }] }
    const given = offer(host, { attributes: [...attributes] })
    assert.deepEqual(reasons(given, demand, { placed, instances }), fits ? [] : ['UnfulfilledConstraint'])
  })
}

test('as many instances are packed as fit, and the reason says what ran out', () => {
  const { matches, reasons: left } = packOffer(
    offer('cpus:4;mem:300;ports:[1-9]'),
    { ...app, hostPorts: [0] },
    { random, max: 5 },
  )
  assert.equal(matches.length, 2)
  assert.equal(new Set(matches.flatMap(({ hostPorts }) => hostPorts)).size, 2)
  assert.deepEqual(
    left.map(({ reason }) => reason),
    ['InsufficientMemory'],
  )
})

test('packing counts the instances just placed for the constraints', () => {
  const constraints = [{ field: 'hostname', operator: 'MAX_PER', value: '2' } as const]
  const { matches, reasons: left } = packOffer(offer(host), { ...app, constraints }, { random, max: 5 })
  assert.equal(matches.length, 2)
  assert.deepEqual(
    left.map(({ reason }) => reason),
    ['UnfulfilledConstraint'],
  )
})

test('several demands share a pool without taking anything twice', () => {
  const pool = new OfferPool(offer('cpus:2;mem:300;ports:[5-6]'))
  assert.equal(pool.match({ ...app, hostPorts: [5] }, { random }).kind, 'match')
  assert.equal(pool.match({ ...app, hostPorts: [5] }, { random }).kind, 'refused')
  assert.equal(pool.match({ ...app, hostPorts: [0] }, { random }).kind, 'match')
  assert.equal(pool.remaining().toString(), 'mem:44')
})
