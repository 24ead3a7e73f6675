import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { maintenance, mesos } from '@thermosphere/protocol'
import { everything, v1Views } from '../index.ts'
import { scalar, World } from '../testing/world.ts'
import type { TestAgent } from '../testing/world.ts'

const ops = (name: string, value: number): mesos.Resource => ({
  ...scalar(name, value),
  reservations: [{ type: 'DYNAMIC', role: 'ops' }],
})
const volume: mesos.Resource = {
  ...ops('disk', 32),
  disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } },
}

suite('reservations by an operator', () => {
  test('[mesos 77] offers in the way are rescinded, the reservation is offered to its role', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    const offer = world.offer(s)
    const reply = world.operate({
      type: 'RESERVE_RESOURCES',
      reserve_resources: { agent_id: { value: agent.id }, resources: [ops('cpus', 0.5)] },
    })
    assert.deepEqual(reply, { status: 202 })
    assert.deepEqual(world.eventsOf(s.streamId).find((event) => event.rescind)?.rescind?.offer_id, offer.id)
    assert.equal(world.toAgent(agent.linkId).at(-1)?.apply_operation?.operation.type, 'RESERVE')
    const other = world.subscribe({ roles: ['ops'] })
    const reserved = world.offer(other).resources?.filter((resource) => resource.reservations?.length)
    assert.deepEqual(
      reserved?.map((resource) => resource.scalar?.value),
      [0.5],
    )
  })

  test('[mesos 82] volumes are made and destroyed', () => {
    const world = new World()
    const agent_id = { value: world.addAgent().id }
    world.operate({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [ops('disk', 32)] } })
    assert.deepEqual(world.operate({ type: 'CREATE_VOLUMES', create_volumes: { agent_id, volumes: [volume] } }), {
      status: 202,
    })
    const blocked = world.operate({
      type: 'UNRESERVE_RESOURCES',
      unreserve_resources: { agent_id, resources: [ops('disk', 32)] },
    })
    assert.equal(blocked?.status, 409)
    assert.match(blocked?.text ?? '', /does not contain disk\(reservations: \[\(DYNAMIC,ops\)\]\):32$/)
    assert.deepEqual(world.operate({ type: 'DESTROY_VOLUMES', destroy_volumes: { agent_id, volumes: [volume] } }), {
      status: 202,
    })
    assert.deepEqual(
      world.operate({ type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id, resources: [ops('disk', 32)] } }),
      { status: 202 },
    )
    assert.equal(world.master.agents.get(agent_id.value)?.total.reserved().isEmpty(), true)
  })

  test('[mesos 79] [mesos 80] a reservation is refined and taken back in one step each, by naming what it was', () => {
    const world = new World()
    const agent_id = { value: world.addAgent().id }
    const reservations = [
      { type: 'DYNAMIC', role: 'ops' },
      { type: 'DYNAMIC', role: 'ops/web' },
    ] as const
    const refined: mesos.Resource = { ...scalar('cpus', 1), reservations: [...reservations] }
    const other: mesos.Resource = { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: 'dev' }] }
    const reserve = (resource: mesos.Resource, source?: mesos.Resource) =>
      world.operate({
        type: 'RESERVE_RESOURCES',
        reserve_resources: { agent_id, resources: [resource], ...(source && { source: [source] }) },
      })?.status
    const rolesOf = (): (string | undefined)[][] =>
      (world.master.agents.get(agent_id.value)?.total.reserved().toWire() ?? []).map((resource) =>
        (resource.reservations ?? []).map(({ role }) => role),
      )
    assert.equal(reserve(ops('cpus', 1)), 202)
    assert.equal(reserve(refined), 202)
    assert.deepEqual(rolesOf(), [['ops', 'ops/web']])
    assert.equal(reserve(other, refined), 202)
    assert.deepEqual(rolesOf(), [['dev']])
    assert.equal(reserve(refined, ops('cpus', 1)), 409, 'nothing is reserved like that any more')
    assert.deepEqual(rolesOf(), [['dev']])
  })

  const star: mesos.Resource = { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: '*' }] }
  const fixed: mesos.Resource = { ...scalar('cpus', 1), reservations: [{ type: 'STATIC', role: 'x' }] }
  const refusals: [string, mesos.Resource, number, RegExp][] = [
    ['too much', ops('cpus', 1e5), 409, /does not contain cpus:100000$/],
    [
      'the role *',
      star,
      400,
      /^Failed to validate master::Call: Resource 'cpus\(reservations: \[\(DYNAMIC,\*\)\]\):1' .* cannot be reserved$/,
    ],
    [
      'a static reservation',
      fixed,
      400,
      /^Invalid RESERVE operation on agent M-S0 at slave\(1\)@10\.0\.0\.1:5051 \(h1\): .* is not dynamically reserved$/,
    ],
  ]
  for (const [what, resource, status, text] of refusals) {
    test(`[mesos 77] reserving ${what} is answered with ${status}`, () => {
      const world = new World()
      const agent_id = { value: world.addAgent().id }
      const reply = world.operate({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [resource] } })
      assert.equal(reply?.status, status)
      assert.match(reply?.text ?? '', text)
    })
  }

  test('a reservation that no withdrawn offer could make room for withdraws none', () => {
    const world = new World()
    const agent = world.addAgent('cpus:4;mem:128')
    const s = world.subscribe()
    world.run([s, agent, 't1'])
    world.advance(1000)
    const { id } = world.offer(s)
    const reserve = { agent_id: { value: agent.id }, resources: [ops('cpus', 4)] }
    const reply = world.operate({ type: 'RESERVE_RESOURCES', reserve_resources: reserve })
    assert.deepEqual(reply, { status: 409, text: 'cpus:3; mem:64 does not contain cpus:4' })
    assert.ok(world.master.offers.has(id.value))
  })

  test('an unknown agent is answered with 400', () => {
    const reply = new World().operate({
      type: 'RESERVE_RESOURCES',
      reserve_resources: { agent_id: { value: 'X' }, resources: [] },
    })
    assert.deepEqual(reply, { status: 400, text: 'No agent found with specified ID' })
  })
})

suite('weights and quota', () => {
  test('[mesos 49] [mesos 218] new weights are stored first and withdraw outstanding offers', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe()
    world.holdStore = true
    world.operate({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'r', weight: 2 }] } })
    assert.equal(world.master.weights.size, 0)
    assert.match(world.stored.get('master/weights/r') ?? '', /"weight":2/)
    world.releaseStore()
    assert.equal(world.master.weights.get('r'), 2)
    assert.ok(world.eventsOf(s.streamId).some((event) => event.rescind))
  })

  test('[mesos 218] a weight must be positive', () => {
    const reply = new World().operate({
      type: 'UPDATE_WEIGHTS',
      update_weights: { weight_infos: [{ role: 'x', weight: 0 }] },
    })
    assert.deepEqual(reply, {
      status: 400,
      text: "Failed to validate update weights request JSON for role 'x': Invalid weight '0': Weights must be positive",
    })
  })

  const quotaOf = (role: string, guarantee?: number, limit?: number) => ({
    role,
    ...(guarantee !== undefined && { guarantees: { cpus: { value: guarantee } } }),
    ...(limit !== undefined && { limits: { cpus: { value: limit } } }),
  })

  test('[mesos 66] a limit caps what a role is offered', () => {
    const world = new World()
    world.addAgent()
    assert.equal(
      world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('r', undefined, 1)] } })?.status,
      200,
    )
    const s = world.subscribe()
    assert.equal(world.offer(s).resources?.find((resource) => resource.name === 'cpus')?.scalar?.value, 1)
    assert.match(world.stored.get('master/quota/r') ?? '', /limits/)
  })

  const threeAgents = (world: World): void => {
    for (const port of [1, 2, 3]) world.addAgent('cpus:4;mem:1000', { port })
  }

  test('[mesos 66] [mesos 218] a limit takes offers of its role back until what is left keeps it, and no more', () => {
    const world = new World()
    threeAgents(world)
    const s = world.subscribe({ roles: ['r/below'] })
    assert.equal(world.offers(s).length, 3)
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('r', undefined, 9)] } })
    assert.equal(world.offers(s).length, 2)
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('r', undefined, 12)] } })
    assert.equal(world.offers(s).length, 2)
  })

  test('[mesos 67] [mesos 218] a guarantee takes offers of others back until it could be met, and no more', () => {
    const world = new World()
    const [a, b] = [world.subscribe({ roles: ['a'] }), world.subscribe({ roles: ['b'] })]
    threeAgents(world)
    world.advance(1000)
    const before = world.offers(a).length
    assert.equal(before + world.offers(b).length, 3)
    const held = world.offers(b).length * 4
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('b', held)] } })
    assert.equal(world.offers(a).length, before, 'what the role has on offer is enough')
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('b', held + 1)] } })
    assert.equal(world.offers(a).length, before - 1)
  })

  test('[mesos 218] quota is all or nothing, and empty maps take it away', () => {
    const world = new World()
    world.addAgent()
    const refused = world.operate({
      type: 'UPDATE_QUOTA',
      update_quota: { quota_configs: [quotaOf('a', 1), quotaOf('b', 2, 1)] },
    })
    assert.match(
      refused?.text ?? '',
      /^Invalid QuotaConfig: '.*guarantees' { cpus: 2 } is not contained within the 'QuotaConfig.limits' { cpus: 1 }$/,
    )
    assert.equal(world.master.quotas.size, 0)
    const nested = world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('a/b', 1)] } })
    assert.match(nested?.text ?? '', /^Updating quota on nested role 'a\/b' is not supported yet$/)
    const over = world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('a', 100)] } })
    assert.equal(over?.status, 400)
    assert.match(
      over?.text ?? '',
      /^Invalid QuotaConfig: total quota guarantees 'cpus:100' exceed cluster capacity 'cpus:4; .*' \(use 'force' flag/,
    )
    assert.equal(
      world.operate({ type: 'UPDATE_QUOTA', update_quota: { force: true, quota_configs: [quotaOf('a', 100)] } })
        ?.status,
      200,
    )
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quotaOf('a')] } })
    assert.equal(world.master.quotas.size, 0)
    assert.equal(world.stored.has('master/quota/a'), false)
  })

  test('[mesos 67] the old calls set and remove a guarantee', () => {
    const world = new World()
    world.addAgent()
    const set = (force = false) =>
      world.operate({
        type: 'SET_QUOTA',
        set_quota: { quota_request: { role: 'a', guarantee: [scalar('cpus', 1)], force } },
      })
    assert.equal(set()?.status, 200)
    assert.match(set()?.text ?? '', /Cannot set quota for role 'a' which already has quota$/)
    assert.equal(world.operate({ type: 'REMOVE_QUOTA', remove_quota: { role: 'a' } })?.status, 200)
    assert.deepEqual(world.operate({ type: 'REMOVE_QUOTA', remove_quota: { role: 'a' } }), {
      status: 400,
      text: "Role 'a' has no quota set",
    })
  })
})

test('[mesos 212] a call is what its type says, whatever other members it has', () => {
  const world = new World()
  const agent_id = { value: world.addAgent().id }
  const reserve_resources = { agent_id, resources: [ops('cpus', 1)] }
  const reply = world.operate({
    type: 'UNRESERVE_RESOURCES',
    unreserve_resources: { agent_id, resources: [scalar('cpus', 1)] },
    reserve_resources,
  })
  assert.equal(reply?.status, 400)
  assert.equal(world.operate({ type: 'CREATE_VOLUMES', reserve_resources })?.status, 400)
  assert.deepEqual([...(world.master.agents.get(agent_id.value)?.total.reservations().keys() ?? [])], [])
})

suite('maintenance', () => {
  const machine = { hostname: 'h1', ip: '10.0.0.1' }
  const schedule: maintenance.Schedule = {
    windows: [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 5 } } }],
  }
  const plan = (world: World, windows = schedule.windows) =>
    world.operate({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } })

  test('[mesos 72] [mesos 191] [mesos 193] a schedule makes inverse offers, whose answers show in the status', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 't'])
    assert.deepEqual(plan(world), { status: 200 })
    const inverse = world.eventsOf(s.streamId).find((event) => event.inverse_offers)?.inverse_offers
      ?.inverse_offers?.[0]
    assert.deepEqual(inverse?.unavailability, { start: { nanoseconds: 5 } })
    world.advance(1000)
    assert.deepEqual(world.offer(s).unavailability, { start: { nanoseconds: 5 } })
    world.call(s, { type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers: { inverse_offer_ids: [inverse!.id] } })
    const status = v1Views.GET_MAINTENANCE_STATUS(world.master, everything).get_maintenance_status?.status
    assert.equal(status?.draining_machines?.[0]?.statuses?.[0]?.status, 'ACCEPT')
    world.advance(4000)
    const count = (): number => world.eventsOf(s.streamId).filter((event) => event.inverse_offers).length
    assert.equal(count(), 1, 'the answer delays the next one')
    world.advance(3000)
    assert.equal(count(), 2)
  })

  test('[mesos 192] a machine that goes down loses its agents, which cannot register until it is up', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 't'])
    plan(world)
    assert.deepEqual(world.operate({ type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } }), {
      status: 200,
    })
    assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_LOST')
    assert.equal(world.master.agents.size, 0)
    const back = world.reregister(agent)
    assert.equal(world.toAgent(back.linkId)[0]?.type, 'SHUTDOWN')
    assert.deepEqual(world.operate({ type: 'STOP_MAINTENANCE', stop_maintenance: { machines: [machine] } }), {
      status: 200,
    })
    assert.deepEqual(world.master.schedule, { windows: [] })
    assert.equal(world.addAgent().id, 'M-S1')
  })

  test('[mesos 72] [mesos 191] another schedule takes inverse offers and offers back, and forgets filters', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 't'])
    plan(world)
    const inverse = () => world.eventsOf(s.streamId).flatMap((event) => event.inverse_offers?.inverse_offers ?? [])
    const rescinded = () => world.eventsOf(s.streamId).flatMap((event) => event.rescind_inverse_offer ?? [])
    const [first] = inverse()
    world.advance(1000)
    const { id } = world.offer(s)
    const later = { start: { nanoseconds: 7 } }
    plan(world, [{ machine_ids: [machine], unavailability: later }])
    assert.deepEqual(rescinded(), [{ inverse_offer_id: first?.id }])
    assert.deepEqual(inverse()[1]?.unavailability, later)
    assert.ok(!world.master.offers.has(id.value))
    world.advance(1000)
    assert.deepEqual(world.offer(s).unavailability, later)

    const inverse_offer_ids = [inverse()[1]!.id]
    const filters = { refuse_seconds: 3600 }
    world.call(s, { type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids, filters } })
    world.advance(10_000)
    assert.equal(inverse().length, 2, 'the filter holds')
    plan(world, [{ machine_ids: [machine], unavailability: later }])
    assert.equal(inverse().length, 3, 'and is forgotten with its schedule')
  })

  const refusals: [string, (world: World) => unknown, string][] = [
    [
      'a negative start',
      (world) => plan(world, [{ machine_ids: [machine], unavailability: { start: { nanoseconds: -1 } } }]),
      "Unavailability 'start' is negative",
    ],
    [
      'a negative duration',
      (world) =>
        plan(world, [
          { machine_ids: [machine], unavailability: { start: { nanoseconds: 1 }, duration: { nanoseconds: -1 } } },
        ]),
      "Unavailability 'duration' is negative",
    ],
    [
      'a window without machines',
      (world) => plan(world, [{ unavailability: { start: { nanoseconds: 1 } } }]),
      'List of machines in the maintenance window is empty',
    ],
    [
      'a machine without a name',
      (world) => plan(world, [{ machine_ids: [{}], unavailability: { start: { nanoseconds: 1 } } }]),
      "Both 'hostname' and 'ip' for a machine are empty",
    ],
    [
      'taking nothing down',
      (world) => world.operate({ type: 'START_MAINTENANCE', start_maintenance: {} }),
      'List of machines is empty',
    ],
    [
      'taking a stranger down',
      (world) => world.operate({ type: 'START_MAINTENANCE', start_maintenance: { machines: [{ hostname: 'q' }] } }),
      `Machine '{"hostname":"q"}' is not part of a maintenance schedule`,
    ],
  ]
  for (const [what, ask, text] of refusals) {
    test(`[mesos 191] ${what} is refused`, () => {
      assert.deepEqual(ask(new World()), { status: 400, text })
    })
  }

  test('[mesos 192] an agent that joins while the registry writes that its machine goes down is told to leave', () => {
    for (const comes of [
      (world: World) => world.addAgent(),
      (world: World, agent: TestAgent) => world.reregister(agent),
    ]) {
      const world = new World()
      const agent = world.addAgent()
      plan(world, schedule.windows)
      world.say(agent.linkId, { type: 'UNREGISTER' })
      assert.equal(world.master.agents.size, 0)
      world.holdStore = true
      world.operate({ type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } })
      const { linkId } = comes(world, agent)
      world.releaseStore()
      assert.equal(world.master.agents.size, 0)
      assert.equal(world.toAgent(linkId).at(-1)?.shutdown?.message, "Operator initiated 'Machine DOWN'")
      assert.deepEqual(
        [...world.stored.keys()].filter((key) => key.startsWith('master/agents/')),
        [],
      )
    }
  })

  test('[mesos 192] a machine that is draining is not down', () => {
    const world = new World()
    plan(world)
    const reply = world.operate({ type: 'STOP_MAINTENANCE', stop_maintenance: { machines: [machine] } })
    assert.deepEqual(reply, {
      status: 400,
      text: `Machine '{"hostname":"h1","ip":"10.0.0.1"}' is not in DOWN mode and cannot be brought up`,
    })
  })
})

suite('the event stream', () => {
  test('[mesos 215] a snapshot and a heartbeat, then what happens', () => {
    const world = new World()
    world.do({ type: 'operator-subscribed', streamId: 'o' })
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 't'])
    world.update([s, agent, 't'], 'TASK_RUNNING')
    world.call(s, { type: 'TEARDOWN' })
    world.advance(15_000)
    assert.deepEqual(
      world.operatorEvents.map((event) => event.type),
      [
        'SUBSCRIBED',
        'HEARTBEAT',
        'AGENT_ADDED',
        'FRAMEWORK_ADDED',
        'TASK_ADDED',
        'TASK_UPDATED',
        'TASK_UPDATED',
        'FRAMEWORK_REMOVED',
        'HEARTBEAT',
      ],
      'an update without a new state is no event',
    )
    assert.deepEqual(world.operatorEvents[0]?.subscribed?.get_state?.get_agents, { agents: [], recovered_agents: [] })
  })

  test('[mesos 215] one subscriber too many ends the oldest', () => {
    const world = new World({ config: { maxOperatorSubscribers: 1 } })
    world.do({ type: 'operator-subscribed', streamId: 'a' })
    world.do({ type: 'operator-subscribed', streamId: 'b' })
    assert.deepEqual([...world.master.operatorStreams.keys()], ['b'])
  })

  test('[mesos 34] TEARDOWN by an operator', () => {
    const world = new World()
    const s = world.subscribe()
    assert.deepEqual(world.operate({ type: 'TEARDOWN', teardown: { framework_id: { value: s.id } } }), { status: 200 })
    assert.ok(world.ended.has(s.streamId))
    const unknown = world.operate({ type: 'TEARDOWN', teardown: { framework_id: { value: s.id } } })
    assert.deepEqual(unknown, { status: 400, text: 'No framework found with specified ID' })
  })
})
