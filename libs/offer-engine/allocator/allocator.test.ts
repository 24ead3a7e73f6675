import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokenInvariant, createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { operationConversions, Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import type { AllocatorOptions, FrameworkSpec } from './types.ts'

const hostTotal = 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]'

function createAllocator(options: Partial<AllocatorOptions> = {}): Allocator {
  return new Allocator({ random: createRandom(1), ...options })
}

function addAgents(allocator: Allocator, count: number, total = hostTotal): void {
  for (let i = 1; i <= count; i++) allocator.addAgent({ id: `a${i}`, hostname: `h${i}`, total: Resources.parse(total) })
}

function addFramework(allocator: Allocator, id: string, more: Partial<FrameworkSpec> = {}): void {
  allocator.addFramework({ id, roles: ['*'], capabilities: ['MULTI_ROLE'], ...more })
}

function offers(allocator: Allocator, now: number, options: { batch?: boolean } = {}): string[] {
  return allocator
    .allocate(now, options)
    .map(({ frameworkId, agentId, role, resources }) => `${frameworkId} ${agentId} ${role} ${resources.unallocated()}`)
    .sort()
}

test('[mesos 46] an offer is the whole agent, allocated to the role, non-scalars first', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f', { roles: ['conf'] })
  assert.ok(allocator.isRunWanted)
  const [allocation] = allocator.allocate(0)
  assert.equal(
    allocation?.resources.toString(),
    'ports(allocated: conf):[31000-32000]; cpus(allocated: conf):4; mem(allocated: conf):8192; disk(allocated: conf):10000',
  )
  assert.deepEqual(offers(allocator, 1000), [])
})

test('[mesos 55] an offer declined with a filter is not repeated before refuse_seconds, other agents are', () => {
  const allocator = createAllocator()
  addAgents(allocator, 2)
  addFramework(allocator, 'f')
  const granted = allocator.allocate(0)
  for (const { frameworkId, agentId, resources } of granted) {
    allocator.recover({ frameworkId, agentId, resources }, { refuseMs: agentId === 'a1' ? 10_000 : 0, now: 100 })
  }
  assert.deepEqual(offers(allocator, 1000), ['f a2 * ports:[31000-32000]; cpus:4; mem:8192; disk:10000'])
  for (let now = 2000; now <= 10_000; now += 1000) assert.deepEqual(offers(allocator, now), [])
  assert.equal(offers(allocator, 11_000).length, 1)
})

test('a filter of a moment outlives the next batch run', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: granted.resources }, { refuseMs: 1, now: 999 })
  assert.deepEqual(offers(allocator, 1000), [])
  assert.equal(offers(allocator, 2000).length, 1)
})

test('[mesos 56] more than was refused is offered in spite of the filter', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  const task = Resources.parse('cpus:1;mem:100').allocatedTo('*')
  allocator.recover(
    { frameworkId: 'f', agentId: 'a1', resources: granted.resources.subtract(task) },
    { refuseMs: 600_000, now: 0 },
  )
  assert.deepEqual(offers(allocator, 1000), [])
  allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: task }, { now: 1500 })
  assert.equal(offers(allocator, 2000).length, 1)
})

test('[mesos 57] a suppressed framework gets no offers until it revives, and reviving clears its filters', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: granted.resources }, { refuseMs: 600_000, now: 0 })
  allocator.suppress('f')
  assert.deepEqual(offers(allocator, 5000), [])
  allocator.revive('f')
  assert.ok(allocator.isRunWanted)
  assert.equal(offers(allocator, 5001).length, 1)
})

test('[mesos 54] freed resources wait for the batch run, revive does not', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: granted.resources }, { now: 100 })
  assert.ok(!allocator.isRunWanted)
  assert.deepEqual(offers(allocator, 200), [])
  assert.equal(offers(allocator, allocator.nextBatchAt).length, 1)
})

test('[mesos 62] slivers below the minimum are not offered', () => {
  const allocator = createAllocator({ minAllocatable: [new Map([['cpus', 1000]])] })
  addAgents(allocator, 1, 'cpus:0.5;mem:4096')
  addFramework(allocator, 'f')
  assert.deepEqual(offers(allocator, 0), [])
})

test('[mesos 63] a framework sets its own minimum for a role', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1, 'cpus:2;mem:1000')
  const quantities = [{ quantities: { cpus: { value: 4 } } }]
  addFramework(allocator, 'f', { offerFilters: { '*': { min_allocatable_resources: { quantities } } } })
  assert.deepEqual(offers(allocator, 0), [])
})

test('[mesos 75] reserved resources go to their role and the roles below it only', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1, 'cpus(a):2;mem(a):1000;cpus(b):1;mem(b):500')
  addFramework(allocator, 'f', { roles: ['a/x'] })
  addFramework(allocator, 'g', { roles: ['c'] })
  assert.deepEqual(offers(allocator, 0), [
    'f a1 a/x cpus(reservations: [(STATIC,a)]):2; mem(reservations: [(STATIC,a)]):1000',
  ])
})

test('[mesos 74] agents with GPUs are only for frameworks that know them', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1, 'cpus:2;mem:1000;gpus:2')
  addFramework(allocator, 'f')
  assert.deepEqual(offers(allocator, 0), [])
  addFramework(allocator, 'g', { capabilities: ['GPU_RESOURCES'] })
  assert.equal(offers(allocator, 1).length, 1)
})

test('[mesos 64] offer constraints keep agents away', () => {
  const allocator = createAllocator()
  const agent = (id: string, rack: string): void =>
    allocator.addAgent({
      id,
      hostname: id,
      total: Resources.parse(hostTotal),
      attributes: [{ name: 'rack', type: 'TEXT', text: { value: rack } }],
    })
  agent('a1', 'r1')
  agent('a2', 's1')
  const constraint = { selector: { attribute_name: 'rack' }, predicate: { text_matches: { regex: 'r.' } } }
  const groups = [{ attribute_constraints: [constraint] }]
  addFramework(allocator, 'f', { offerConstraints: { role_constraints: { '*': { groups } } } })
  assert.deepEqual(
    offers(allocator, 0).map((offer) => offer.slice(0, 4)),
    ['f a1'],
  )
  assert.deepEqual(allocator.excludedAgents('f', '*'), ['a2'])
})

test('[mesos 68] an offer is cut down to the limit of the role', () => {
  const allocator = createAllocator()
  addAgents(allocator, 2, 'cpus:10;mem:1000')
  addFramework(allocator, 'f', { roles: ['q/sub'] })
  allocator.setQuota('q', { guarantees: new Map(), limits: new Map([['cpus', 14_000]]) })
  const cpus = allocator.allocate(0).map(({ resources }) => resources.scalar('cpus'))
  assert.deepEqual(cpus.sort(), [10_000, 4_000])
})

test('[mesos 67] a guarantee holds back headroom from others', () => {
  const allocator = createAllocator()
  addAgents(allocator, 2, 'cpus:10;mem:1000')
  addFramework(allocator, 'f', { roles: ['other'] })
  allocator.setQuota('q', { guarantees: new Map([['cpus', 14_000]]), limits: new Map() })
  let cpus = 0
  for (const { resources } of allocator.allocate(0)) cpus += resources.scalar('cpus')
  assert.equal(cpus, 6_000)
  addFramework(allocator, 'g', { roles: ['q'] })
  let guaranteed = 0
  for (const { resources, role } of allocator.allocate(1)) guaranteed += role === 'q' ? resources.scalar('cpus') : 0
  assert.equal(guaranteed, 14_000)
})

test('[mesos 48] the frameworks of a role take turns', () => {
  const allocator = createAllocator()
  addAgents(allocator, 11)
  for (const id of ['f', 'g']) addFramework(allocator, id, { roles: ['r'] })
  const mine = allocator.allocate(0).filter(({ frameworkId }) => frameworkId === 'f')
  assert.ok([5, 6].includes(mine.length), String(mine.length))
})

/** Who wants tasks of such a size each takes one of every offer, until nobody is offered enough any more. */
function launchedTasks(allocator: Allocator, sizes: Readonly<Record<string, string>>): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(sizes).map((id) => [id, 0]))
  for (let now = 0; now < 60_000; now += 1000) {
    for (const { resources, ...grant } of allocator.allocate(now)) {
      const task = Resources.parse(sizes[grant.frameworkId] ?? '').allocatedTo(grant.role)
      const fits = resources.contains(task)
      if (fits) counts[grant.frameworkId] = (counts[grant.frameworkId] ?? 0) + 1
      allocator.recover({ ...grant, resources: fits ? resources.subtract(task) : resources }, { now, refuseMs: 1500 })
    }
  }
  return counts
}

test('[mesos 47] who wants memory gets three tasks and who wants cpus two, for their dominant shares are equal', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1, 'cpus:9;mem:18432')
  addFramework(allocator, 'memory', { roles: ['x'] })
  addFramework(allocator, 'cpus', { roles: ['y'] })
  const sizes = { memory: 'cpus:1;mem:4096', cpus: 'cpus:3;mem:1024' }
  assert.deepEqual(launchedTasks(allocator, sizes), { memory: 3, cpus: 2 })
})

test('[mesos 52] a resource that is excluded does not count for the shares', () => {
  const firstTo = (fairSharingExcludedNames: readonly string[]): string | undefined => {
    const allocator = createAllocator({ fairSharingExcludedNames })
    addAgents(allocator, 1, 'cpus:10;mem:1000;gpus:2')
    addFramework(allocator, 'f', { roles: ['x'], capabilities: ['MULTI_ROLE', 'GPU_RESOURCES'] })
    const [granted] = allocator.allocate(0)
    assert.ok(granted)
    const task = Resources.parse('cpus:1;gpus:2').allocatedTo('x')
    const rest = granted.resources.subtract(task)
    addFramework(allocator, 'g', { roles: ['y'], capabilities: ['MULTI_ROLE', 'GPU_RESOURCES'] })
    allocator.addAgent({ id: 'other', hostname: 'h', total: Resources.parse('cpus:2;mem:10') })
    for (const one of allocator.allocate(1)) {
      const kept = Resources.parse('cpus:2').allocatedTo(one.role)
      assert.equal(one.frameworkId, 'g')
      allocator.recover({ ...one, resources: one.resources.subtract(kept) }, { now: 1 })
    }
    allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: rest }, { now: 1 })
    return allocator.allocate(allocator.nextBatchAt).find(({ agentId }) => agentId === 'a1')?.frameworkId
  }
  assert.equal(firstTo([]), 'g', 'f has all gpus')
  assert.equal(firstTo(['gpus']), 'f', 'f has one cpu, g two')
})

test('[mesos 70] resources of any name and kind are offered, those of a role to it alone', () => {
  const allocator = createAllocator({ minAllocatable: [] })
  addAgents(allocator, 1, 'cpus:4;mem:100;tokens:7;slots:[1-3];bugs(debug):{a,b}')
  addFramework(allocator, 'f', { roles: ['other'] })
  const [strange] = allocator.allocate(0)
  assert.equal(strange?.resources.unallocated().toString(), 'slots:[1-3]; cpus:4; mem:100; tokens:7')
  addFramework(allocator, 'g', { roles: ['debug'] })
  const [own] = allocator.allocate(1)
  assert.match(own?.resources.unallocated().toString() ?? '', /^bugs\(reservations: \[\(STATIC,debug\)\]\):\{a, ?b\}$/)
})

test('two frameworks of equal weight get equal shares', () => {
  const allocator = createAllocator()
  addAgents(allocator, 10)
  addFramework(allocator, 'f', { roles: ['x'] })
  addFramework(allocator, 'g', { roles: ['y'] })
  const counts = new Map<string, number>()
  for (const { frameworkId } of allocator.allocate(0)) counts.set(frameworkId, (counts.get(frameworkId) ?? 0) + 1)
  assert.deepEqual([...counts.values()], [5, 5])
})

test('[mesos 49] a role of weight three gets three times as much', () => {
  const allocator = createAllocator()
  addAgents(allocator, 40)
  addFramework(allocator, 'f', { roles: ['x'] })
  addFramework(allocator, 'g', { roles: ['y'] })
  allocator.setWeights(new Map([['y', 3]]))
  const mine = allocator.allocate(0).filter(({ frameworkId }) => frameworkId === 'g')
  assert.equal(mine.length, 30)
})

test('[mesos 50] a role tree is shared level by level', () => {
  const allocator = createAllocator()
  addAgents(allocator, 40)
  for (const role of ['a', 'a/x', 'a/y', 'b']) addFramework(allocator, `f-${role}`, { roles: [role] })
  const counts = new Map<string, number>()
  for (const { role } of allocator.allocate(0)) counts.set(role, (counts.get(role) ?? 0) + 1)
  assert.equal(counts.get('b'), 20)
  for (const role of ['a', 'a/x', 'a/y']) assert.ok([6, 7].includes(counts.get(role) ?? 0))
})

test('RESERVE on an offer moves the resources of agent and framework', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f', { roles: ['r'] })
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  const reserved: mesos.Resource = {
    name: 'cpus',
    type: 'SCALAR',
    scalar: { value: 1 },
    allocation_info: { role: 'r' },
    reservations: [{ type: 'DYNAMIC', role: 'r' }],
  }
  const after = granted.resources.apply({ type: 'RESERVE', reserve: { resources: [reserved] } })
  assert.ok(after.ok)
  allocator.updateAllocation('f', 'a1', { before: granted.resources, after: after.resources })
  allocator.recover({ frameworkId: 'f', agentId: 'a1', resources: after.resources }, { now: 0 })
  const { total, available } = allocator.agentResources('a1')
  assert.ok(total.equals(available))
  assert.equal(total.reserved('r').scalar('cpus'), 1000)
  assert.equal(total.scalar('cpus'), 4000)
  const role = allocator.snapshot().find((snapshot) => snapshot.role === 'r')
  assert.deepEqual([...(role?.reserved ?? [])], [['cpus', 1000]])
})

test('removing a framework or an agent leaves nothing behind', () => {
  const allocator = createAllocator()
  addAgents(allocator, 2)
  addFramework(allocator, 'f', { roles: ['a/b'] })
  allocator.allocate(0)
  allocator.removeAgent('a1')
  allocator.removeFramework('f')
  assert.deepEqual(allocator.snapshot(), [])
  assert.ok(allocator.agentResources('a2').available.equals(Resources.parse(hostTotal)))
})

test('tasks found on a returning agent count before their framework is known', () => {
  const allocator = createAllocator()
  const used = new Map([['f', Resources.parse('cpus:1;mem:10').allocatedTo('r')]])
  allocator.addAgent({ id: 'a', hostname: 'h', total: Resources.parse(hostTotal), used })
  addFramework(allocator, 'g')
  assert.deepEqual(offers(allocator, 0), ['g a * ports:[31000-32000]; cpus:3; mem:8182; disk:10000'])
  assert.deepEqual(
    allocator.snapshot().map(({ role }) => role),
    ['*', 'r'],
  )
  allocator.recover(
    { frameworkId: 'f', agentId: 'a', resources: Resources.parse('cpus:1;mem:10').allocatedTo('r') },
    { now: 0 },
  )
  assert.deepEqual(
    allocator.snapshot().map(({ role }) => role),
    ['*'],
  )
})

test('[mesos 38] [mesos 73] what a framework does not understand is left out of its offers', () => {
  const reservations: mesos.Resource_ReservationInfo[] = [
    { type: 'STATIC', role: 'r' },
    { type: 'DYNAMIC', role: 'r/x' },
  ]
  const total = Resources.parse('cpus:1;mem:100').add(
    Resources.fromWire([
      { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, revocable: {} },
      { name: 'mem', type: 'SCALAR', scalar: { value: 200 }, reservations },
      {
        name: 'disk',
        type: 'SCALAR',
        scalar: { value: 5 },
        reservations: [{ type: 'DYNAMIC', role: 'r' }],
        disk: { persistence: { id: 'v' } },
        shared: {},
      },
    ]),
  )
  const granted = (capabilities: mesos.FrameworkInfo_Capability_Type[]): string => {
    const allocator = createAllocator()
    allocator.addAgent({ id: 'a', hostname: 'h', total })
    addFramework(allocator, 'f', { roles: ['r/x'], capabilities })
    return allocator
      .allocate(0)
      .map(({ resources }) => resources.unallocated().names().join())
      .join()
  }
  assert.equal(granted([]), 'cpus,mem')
  const amounts = (capability: mesos.FrameworkInfo_Capability_Type, name: string): number => {
    const allocator = createAllocator()
    allocator.addAgent({ id: 'a', hostname: 'h', total })
    addFramework(allocator, 'f', { roles: ['r/x'], capabilities: [capability] })
    return allocator.allocate(0)[0]?.resources.scalar(name) ?? 0
  }
  assert.equal(amounts('REVOCABLE_RESOURCES', 'cpus'), 3000)
  assert.equal(amounts('RESERVATION_REFINEMENT', 'mem'), 300_000)
  assert.equal(amounts('SHARED_RESOURCES', 'disk'), 5000)
  assert.equal(amounts('PARTITION_AWARE', 'disk'), 0)
})

test('[mesos 85] a shared volume in use is offered again, once a run, and counts once', () => {
  const allocator = createAllocator({ minAllocatable: [] })
  const volume: mesos.Resource = {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 8 },
    reservations: [{ type: 'DYNAMIC', role: 'r' }],
    disk: { persistence: { id: 'v' } },
    shared: {},
  }
  const total = Resources.fromWire([volume]).add(Resources.parse('cpus:4'))
  allocator.addAgent({ id: 'a', hostname: 'h', total })
  for (const id of ['f', 'g']) addFramework(allocator, id, { roles: ['r'], capabilities: ['SHARED_RESOURCES'] })
  assert.equal(allocator.allocate(0).filter(({ resources }) => resources.scalar('disk') > 0).length, 1)
  assert.equal(allocator.allocate(1000).filter(({ resources }) => resources.scalar('disk') > 0).length, 1)
  const role = allocator.snapshot().find((snapshot) => snapshot.role === 'r')
  assert.equal(role?.offeredOrAllocated.get('disk'), 8000)
})

test('[mesos 22] agents of other regions are for frameworks that know regions', () => {
  const domain = (name: string): mesos.DomainInfo => ({ fault_domain: { region: { name }, zone: { name: 'z' } } })
  const allocator = createAllocator({ domain: domain('eu') })
  allocator.addAgent({ id: 'a', hostname: 'h', total: Resources.parse(hostTotal), domain: domain('us') })
  addFramework(allocator, 'f')
  assert.deepEqual(offers(allocator, 0), [])
  addFramework(allocator, 'g', { capabilities: ['REGION_AWARE'] })
  assert.equal(offers(allocator, 1).length, 1)
})

test('[mesos 19] only agents on the whitelist are offered', () => {
  const allocator = createAllocator()
  addAgents(allocator, 2)
  addFramework(allocator, 'f')
  allocator.setWhitelist(['h2'])
  assert.deepEqual(
    offers(allocator, 0).map((offer) => offer.slice(0, 4)),
    ['f a2'],
  )
  allocator.setWhitelist(undefined)
  assert.deepEqual(
    offers(allocator, 1000).map((offer) => offer.slice(0, 4)),
    ['f a1'],
  )
})

test('agents that do not know roles are kept from those that need them', () => {
  const allocator = createAllocator()
  allocator.addAgent({ id: 'a', hostname: 'h', total: Resources.parse(hostTotal), capabilities: ['MULTI_ROLE'] })
  addFramework(allocator, 'f', { roles: ['a/b'] })
  assert.deepEqual(offers(allocator, 0), [])
  allocator.updateAgent('a', { capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] })
  assert.equal(offers(allocator, 1).length, 1)
})

test('[mesos 55] changed attributes drop the filters of the agent, an unchanged agent keeps them', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  allocator.recover(granted, { refuseMs: 600_000, now: 0 })
  allocator.updateAgent('a1', { attributes: [] })
  assert.deepEqual(offers(allocator, 1), [])
  allocator.updateAgent('a1', { attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r' } }] })
  assert.equal(offers(allocator, 2).length, 1)
})

test('[mesos 36] a role that is left gets no further offers, its tasks go on', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f', { roles: ['a', 'b'] })
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  const task = Resources.parse('cpus:1').allocatedTo(granted.role)
  allocator.recover({ ...granted, resources: granted.resources.subtract(task) }, { now: 0 })
  const other = granted.role === 'a' ? 'b' : 'a'
  allocator.updateFramework({ id: 'f', roles: [other] })
  assert.deepEqual(
    allocator.allocate(1).map(({ role }) => role),
    [other],
  )
  assert.equal(
    allocator
      .snapshot()
      .find(({ role }) => role === granted.role)
      ?.offeredOrAllocated.get('cpus'),
    1000,
  )
  allocator.recover({ ...granted, resources: task }, { now: 2 })
  assert.deepEqual(
    allocator.snapshot().map(({ role }) => role),
    [other],
  )
})

test('a paused allocator offers nothing until it is resumed', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  allocator.pause()
  assert.ok(!allocator.isRunWanted)
  assert.deepEqual(offers(allocator, 0), [])
  allocator.resume()
  assert.equal(offers(allocator, 0).length, 1)
})

test("an operator's reservation takes free resources only", () => {
  const allocator = createAllocator()
  addAgents(allocator, 1, 'cpus:4;mem:100')
  const resource: mesos.Resource = {
    name: 'cpus',
    type: 'SCALAR',
    scalar: { value: 3 },
    reservations: [{ type: 'DYNAMIC', role: 'ops' }],
  }
  const conversions = operationConversions({ type: 'RESERVE', reserve: { resources: [resource] } })
  assert.ok(typeof conversions !== 'string')
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  assert.equal(allocator.updateAvailable('a1', conversions), '{} does not contain cpus:3')
  allocator.recover(granted, { now: 0 })
  assert.equal(allocator.updateAvailable('a1', conversions), undefined)
  assert.deepEqual(offers(allocator, 1000), ['f a1 * cpus:1; mem:100'])
})

test('more than was granted cannot be given back', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  const resources = Resources.parse('cpus:5').allocatedTo('*')
  assert.throws(() => allocator.recover({ ...granted, resources }, { now: 0 }), BrokenInvariant)
})

test('dead filters do not pile up', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f')
  for (let i = 0; i < 5000; i++) {
    for (const granted of allocator.allocate(i)) allocator.recover(granted, { refuseMs: 1e9, now: i })
    allocator.revive('f')
  }
  assert.equal(allocator.filterCount('*'), 0)
})

test('a role keeps its past allocations when its framework moves to a role below it', () => {
  const allocator = createAllocator()
  addAgents(allocator, 1)
  addFramework(allocator, 'f', { roles: ['b'] })
  const [granted] = allocator.allocate(0)
  assert.ok(granted)
  allocator.recover(granted, { now: 0 })
  allocator.updateFramework({ id: 'f', roles: ['b/c'] })
  addFramework(allocator, 'g', { roles: ['x'] })
  assert.deepEqual(
    allocator.allocate(1).map(({ role }) => role),
    ['x'],
  )
})
