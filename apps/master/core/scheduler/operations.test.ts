import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { scalar, task, World } from '../testing/world.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'

const reserved = (name: string, value: number, more: Partial<mesos.Resource> = {}): mesos.Resource => ({
  ...scalar(name, value, 'r'),
  reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p' }],
  ...more,
})

const volume = (id: string): mesos.Resource =>
  reserved('disk', 64, {
    disk: { persistence: { id, principal: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
  })

/** A volume that is a disk of its own. */
const mounted: mesos.Resource = {
  ...volume('v'),
  disk: { ...volume('v').disk, source: { type: 'MOUNT', mount: { root: '/disk' } } },
}

const start = (): { world: World; agent: TestAgent; s: Scheduler } => {
  const world = new World()
  return { world, agent: world.addAgent(), s: world.subscribe({ principal: 'p' }) }
}

const lastOperation = (world: World, s: Scheduler): mesos.OperationStatus | undefined =>
  world.eventsOf(s.streamId).findLast((event) => event.update_operation_status)?.update_operation_status?.status

test('[mesos 89] after a failure at the agent its word counts, and what is sent knows the new version', () => {
  const { world, agent, s } = start()
  const known = world.master.agents.get(agent.id)
  assert.ok(known)
  const before = known.total
  const resource_version_uuid = { value: new Uint8Array(16).fill(9) }
  world.accept(s, world.offer(s), [
    { type: 'RESERVE', id: { value: 'op' }, reserve: { resources: [reserved('cpus', 1)] } },
  ])
  world.advance(1000)
  const stale = world.offer(s)
  const apply = world.toAgent(agent.linkId).find((message) => message.apply_operation)?.apply_operation
  assert.ok(apply)
  assert.equal(apply.resource_version_uuid, undefined)
  const update_agent = { resource_version_uuid, total_resources: before.toWire() }
  world.say(agent.linkId, { type: 'UPDATE_AGENT', update_agent })
  assert.ok(known.total.equals(before))
  assert.ok(!world.master.offers.has(stale.id.value))
  const { operation_uuid } = apply
  const operation_status = { operation_uuid, status: { state: 'OPERATION_DROPPED' as const } }
  world.say(agent.linkId, { type: 'OPERATION_STATUS', operation_status })
  assert.ok(known.total.equals(before), 'nothing is taken back twice')
  world.advance(1000)
  const offer = world.offer(s)
  world.accept(s, offer, [
    { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } },
    { type: 'LAUNCH', launch: { task_infos: [task('t', offer)] } },
  ])
  const sent = world.toAgent(agent.linkId).slice(-2)
  assert.deepEqual(
    sent.map(({ apply_operation, run_task }) => (apply_operation ?? run_task)?.resource_version_uuid),
    [resource_version_uuid, resource_version_uuid],
  )
})

suite('offer operations', () => {
  test('[mesos 76] [mesos 81] RESERVE, CREATE and LAUNCH work in one ACCEPT', () => {
    const { world, agent, s } = start()
    const offer = world.offer(s)
    const using = task('t', offer, { resources: [scalar('cpus', 1, 'r'), scalar('mem', 64, 'r'), volume('v')] })
    world.accept(s, offer, [
      { type: 'RESERVE', reserve: { resources: [reserved('disk', 64)] } },
      { type: 'CREATE', create: { volumes: [volume('v')] } },
      { type: 'LAUNCH', launch: { task_infos: [using] } },
    ])
    assert.deepEqual(world.statuses(s), [])
    const sent = world
      .toAgent(agent.linkId)
      .flatMap((message) => message.apply_operation?.operation.type ?? message.run_task?.task.task_id.value ?? [])
    assert.deepEqual(sent, ['RESERVE', 'CREATE', 't'])
    assert.match(
      world.master.agents.get(agent.id)?.total.toString() ?? '',
      /disk\(reservations: \[\(DYNAMIC,r,p\)\]\)\[v:data\]:64/,
    )
  })

  test('[mesos 76] what was just reserved is offered again at once, whatever the filter', () => {
    const { world, s } = start()
    const operations: mesos.Offer_Operation[] = [{ type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } }]
    const accept = { offer_ids: [world.offer(s).id], operations, filters: { refuse_seconds: 1000 } }
    world.call(s, { type: 'ACCEPT', accept })
    world.advance(1000)
    const names = world
      .offers(s)
      .flatMap((offer) => offer.resources ?? [])
      .filter((resource) => resource.reservations?.length)
    assert.deepEqual(
      names.map((resource) => [resource.name, resource.scalar?.value]),
      [['cpus', 1]],
    )
  })

  test('[mesos 83] a volume in use cannot be destroyed', () => {
    const { world, agent, s } = start()
    const offer = world.offer(s)
    const using = task('t', offer, { resources: [scalar('cpus', 1, 'r'), volume('v')] })
    world.accept(s, offer, [
      { type: 'RESERVE', reserve: { resources: [reserved('disk', 64)] } },
      { type: 'CREATE', create: { volumes: [volume('v')] } },
      { type: 'LAUNCH', launch: { task_infos: [using] } },
    ])
    world.advance(1000)
    const next = world.offer(s)
    const destroy: mesos.Offer_Operation = { type: 'DESTROY', id: { value: 'd' }, destroy: { volumes: [volume('v')] } }
    world.accept(s, next, [destroy])
    assert.deepEqual(
      [lastOperation(world, s)?.state, lastOperation(world, s)?.message],
      ['OPERATION_ERROR', 'Persistent volumes in use'],
    )
    world.update([s, agent, 't'], 'TASK_FINISHED')
    world.advance(1000)
    const withVolume = world.offers(s).find((one) => one.resources?.some((resource) => resource.disk))
    world.accept(s, withVolume!, [destroy])
    assert.doesNotMatch(world.master.agents.get(agent.id)?.total.toString() ?? '', /v:data/)
  })

  test('[mesos 89] an operation with an id is told by the agent and acknowledged by the scheduler', () => {
    const { world, agent, s } = start()
    world.accept(s, world.offer(s), [
      { type: 'RESERVE', id: { value: 'op' }, reserve: { resources: [reserved('cpus', 1)] } },
    ])
    const uuid = world.toAgent(agent.linkId).find((message) => message.apply_operation)?.apply_operation?.operation_uuid
    const statusUuid = { value: new Uint8Array(16).fill(7) }
    const status: mesos.OperationStatus = {
      operation_id: { value: 'op' },
      state: 'OPERATION_FINISHED',
      uuid: statusUuid,
    }
    world.say(agent.linkId, { type: 'OPERATION_STATUS', operation_status: { operation_uuid: uuid!, status } })
    assert.deepEqual(lastOperation(world, s), { ...status, agent_id: { value: agent.id } })
    const acknowledge = { agent_id: { value: agent.id }, uuid: statusUuid.value, operation_id: { value: 'op' } }
    world.call(s, { type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status: acknowledge })
    assert.deepEqual(world.toAgent(agent.linkId).at(-1)?.operation_ack, {
      operation_uuid: uuid,
      status_uuid: statusUuid,
    })
    assert.equal(world.master.agents.get(agent.id)?.operations.size, 0)
  })

  test('[mesos 89] one without an id is acknowledged by the master itself', () => {
    const { world, agent, s } = start()
    world.accept(s, world.offer(s), [{ type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } }])
    const uuid = world.toAgent(agent.linkId).find((message) => message.apply_operation)?.apply_operation?.operation_uuid
    const status = { state: 'OPERATION_FINISHED', uuid: { value: new Uint8Array(16) } } as const
    world.say(agent.linkId, { type: 'OPERATION_STATUS', operation_status: { operation_uuid: uuid!, status } })
    assert.equal(world.toAgent(agent.linkId).at(-1)?.type, 'OPERATION_ACK')
    assert.equal(lastOperation(world, s), undefined)
  })

  test('[mesos 89] an operation that the agent failed is taken back', () => {
    const { world, agent, s } = start()
    const before = world.master.agents.get(agent.id)!.total
    world.accept(s, world.offer(s), [{ type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } }])
    assert.ok(!world.master.agents.get(agent.id)!.total.equals(before))
    const uuid = world.toAgent(agent.linkId).find((message) => message.apply_operation)?.apply_operation?.operation_uuid
    world.say(agent.linkId, {
      type: 'OPERATION_STATUS',
      operation_status: { operation_uuid: uuid!, status: { state: 'OPERATION_FAILED' } },
    })
    assert.ok(world.master.agents.get(agent.id)!.total.equals(before))
  })
})

suite('operations that cannot be', () => {
  const refusals: [string, mesos.Offer_Operation, RegExp][] = [
    [
      'more than offered',
      { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1e5)] } },
      /does not contain cpus\(allocated: r\):100000$/,
    ],
    [
      'a source',
      { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)], source: [reserved('cpus', 1)] } },
      /Field `source` not allowed for frameworks/,
    ],
    [
      'a static reservation',
      {
        type: 'RESERVE',
        reserve: { resources: [{ ...scalar('cpus', 1, 'r'), reservations: [{ type: 'STATIC', role: 'r' }] }] },
      },
      /is not dynamically reserved/,
    ],
    [
      'a strange role',
      {
        type: 'RESERVE',
        reserve: {
          resources: [{ ...scalar('cpus', 1, 'r'), reservations: [{ type: 'DYNAMIC', role: 'x', principal: 'p' }] }],
        },
      },
      /framework only has roles 'r'/,
    ],
    [
      'a strange principal',
      {
        type: 'RESERVE',
        reserve: {
          resources: [{ ...scalar('cpus', 1, 'r'), reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'q' }] }],
        },
      },
      /by principal 'p'/,
    ],
    [
      'a volume without a reservation',
      { type: 'CREATE', create: { volumes: [{ ...volume('v'), reservations: [] }] } },
      /cannot be created from unreserved resources/,
    ],
    ['no volume', { type: 'CREATE', create: { volumes: [reserved('disk', 64)] } }, /not a persistent volume/],
    ['an unknown volume', { type: 'DESTROY', destroy: { volumes: [volume('v')] } }, /^Persistent volumes not found$/],
    ['a volume', { type: 'UNRESERVE', unreserve: { resources: [volume('v')] } }, /cannot be unreserved directly/],
    [
      'nothing',
      { type: 'GROW_VOLUME', grow_volume: { volume: volume('v'), addition: reserved('disk', 0) } },
      /^The size of 'GrowVolume.addition' field must be greater than zero$/,
    ],
    [
      'what is no volume',
      { type: 'GROW_VOLUME', grow_volume: { volume: reserved('disk', 1), addition: reserved('disk', 1) } },
      /^Invalid persistent volume in the 'GrowVolume.volume' field: Resource does not have DiskInfo$/,
    ],
    [
      'a shared volume',
      {
        type: 'GROW_VOLUME',
        grow_volume: { volume: { ...volume('v'), shared: {} }, addition: reserved('disk', 1) },
      },
      /^Growing a shared persistent volume is not supported$/,
    ],
    [
      'a volume by space of another kind',
      { type: 'GROW_VOLUME', grow_volume: { volume: volume('v'), addition: scalar('disk', 1, 'r') } },
      /^Incompatible resources in the 'GrowVolume.volume' and 'GrowVolume.addition' fields$/,
    ],
    [
      'a whole disk',
      { type: 'GROW_VOLUME', grow_volume: { volume: mounted, addition: reserved('disk', 1) } },
      /^Incompatible resources in the/,
    ],
    [
      'a negative resource',
      { type: 'GROW_VOLUME', grow_volume: { volume: volume('v'), addition: reserved('disk', -1) } },
      /^Invalid resource in the 'GrowVolume.addition' field: /,
    ],
    [
      'nothing',
      { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume('v'), subtract: { value: 0 } } },
      /^Value of 'ShrinkVolume.subtract' must be greater than zero$/,
    ],
    [
      'everything',
      { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume('v'), subtract: { value: 64 } } },
      /^Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'$/,
    ],
    [
      'a shared volume',
      { type: 'SHRINK_VOLUME', shrink_volume: { volume: { ...volume('v'), shared: {} }, subtract: { value: 1 } } },
      /^Shrinking a shared persistent volume is not supported$/,
    ],
    [
      'a whole disk',
      { type: 'SHRINK_VOLUME', shrink_volume: { volume: mounted, subtract: { value: 1 } } },
      /^Shrinking a volume on a MOUNT disk is not supported$/,
    ],
    [
      'a disk of a provider',
      { type: 'CREATE_DISK', create_disk: { source: scalar('disk', 1, 'r'), target_type: 'MOUNT' } },
      /Unsupported operation CREATE_DISK/,
    ],
  ]
  for (const [what, operation, message] of refusals) {
    test(`[mesos 89] ${operation.type} of ${what} ends in OPERATION_ERROR, and what follows is still tried`, () => {
      const { world, s } = start()
      const offer = world.offer(s)
      world.accept(s, offer, [
        { ...operation, id: { value: 'op' } },
        { type: 'LAUNCH', launch: { task_infos: [task('t', offer)] } },
      ])
      const status = lastOperation(world, s)
      assert.equal(status?.state, 'OPERATION_ERROR')
      assert.match(status?.message ?? '', message)
      assert.equal(status?.uuid, undefined)
      assert.equal(world.master.frameworks.get(s.id)?.tasks.size, 1)
    })
  }
})

suite('volumes', () => {
  test('[mesos 84] a volume grows and shrinks', () => {
    const { world, agent, s } = start()
    world.accept(s, world.offer(s), [
      { type: 'RESERVE', reserve: { resources: [reserved('disk', 100)] } },
      { type: 'CREATE', create: { volumes: [volume('v')] } },
    ])
    world.advance(1000)
    world.accept(s, world.offer(s), [
      { type: 'GROW_VOLUME', grow_volume: { volume: volume('v'), addition: reserved('disk', 36) } },
    ])
    const total = (): string => world.master.agents.get(agent.id)?.total.toString() ?? ''
    assert.match(total(), /\[v:data\]:100/)
    world.advance(1000)
    const grown = { ...volume('v'), scalar: { value: 100 } }
    world.accept(s, world.offer(s), [
      { type: 'SHRINK_VOLUME', shrink_volume: { volume: grown, subtract: { value: 90 } } },
    ])
    assert.match(total(), /\[v:data\]:10/)
  })

  test('[mesos 84] what a volume became can be used by the next call and not by the same', () => {
    const { world, s } = start()
    world.accept(s, world.offer(s), [
      { type: 'RESERVE', reserve: { resources: [reserved('disk', 100)] } },
      { type: 'CREATE', create: { volumes: [volume('v')] } },
    ])
    world.advance(1000)
    const grown = { ...volume('v'), scalar: { value: 100 } }
    const using = (id: string, offer: mesos.Offer): mesos.Offer_Operation => ({
      type: 'LAUNCH',
      launch: { task_infos: [task(id, offer, { resources: [scalar('cpus', 1, 'r'), grown] })] },
    })
    const offer = world.offer(s)
    const accept = {
      offer_ids: [offer.id],
      operations: [
        { type: 'GROW_VOLUME', grow_volume: { volume: volume('v'), addition: reserved('disk', 36) } } as const,
        using('same', offer),
      ],
      filters: { refuse_seconds: 3600 },
    }
    world.call(s, { type: 'ACCEPT', accept })
    assert.match(world.statuses(s, 'same')[0]?.message ?? '', /^Total resources .* is more than available /)
    world.advance(1000)
    const next = world.offer(s)
    world.accept(s, next, [using('next', next)])
    assert.deepEqual(world.statuses(s, 'next'), [])
    assert.ok(world.master.frameworks.get(s.id)?.tasks.has('next'))
  })

  test('[mesos 83] [mesos 85] destroying a shared volume takes other offers of it back', () => {
    const world = new World()
    const agent = world.addAgent('cpus:4;mem:8192;disk:100')
    const capabilities = [
      { type: 'MULTI_ROLE' as const },
      { type: 'SHARED_RESOURCES' as const },
      { type: 'RESERVATION_REFINEMENT' as const },
    ]
    const first = world.subscribe({ principal: 'p', capabilities })
    const shared = { ...volume('v'), shared: {} }
    const offer = world.offer(first)
    world.accept(first, offer, [
      { type: 'RESERVE', reserve: { resources: [reserved('disk', 64)] } },
      { type: 'CREATE', create: { volumes: [shared] } },
    ])
    world.advance(1000)
    world.run([first, agent, 't'], { resources: [scalar('cpus', 2, 'r')] })
    const second = world.subscribe({ principal: 'p', capabilities })
    world.advance(1000)
    world.update([first, agent, 't'], 'TASK_FINISHED')
    world.advance(1000)
    const holding = (s: Scheduler): mesos.Offer[] =>
      world.offers(s).filter((one) => one.resources?.some(({ disk }) => disk?.persistence))
    assert.deepEqual([holding(first).length, holding(second).length], [1, 1], 'a shared volume is on offer to both')
    world.accept(first, holding(first)[0]!, [{ type: 'DESTROY', destroy: { volumes: [shared] } }])
    assert.deepEqual(holding(second), [])
    assert.ok(world.eventsOf(second.streamId).some((event) => event.rescind))
    world.advance(1000)
    assert.doesNotMatch(world.master.agents.get(agent.id)?.total.toString() ?? '', /v:data/)
    assert.deepEqual([...holding(first), ...holding(second)], [])
  })
})
