import type { master, mesos } from '@thermosphere/protocol'
import { aclsSchema, readAcls } from '@thermosphere/protocol/acls'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { scalar, task, World } from '../testing/world.ts'

const any = { type: 'ANY' }
const none = { type: 'NONE' }
const of = (...values: string[]): object => ({ values })

const agents = { register_agents: [{ principals: any, agents: any }] }
const worldWith = (form: object): World =>
  new World({ config: { acls: readAcls(aclsSchema.parse({ ...agents, ...form })) } })

const errorOf = (world: World, streamId: string): string | undefined =>
  world.eventsOf(streamId).find((event) => event.error)?.error?.message

suite('[mesos 205] frameworks under rules', () => {
  const registration = { register_frameworks: [{ principals: of('p'), roles: of('eng/%') }], permissive: false }

  test('[mesos 207] register for the roles that are theirs alone', () => {
    const world = worldWith(registration)
    assert.notEqual(world.subscribe({ principal: 'p', roles: ['eng/a', 'eng/b/c'] }).id, '')
    const refused = [
      { principal: 'p', roles: ['eng'] },
      { principal: 'p', roles: ['eng/a', 'ops'] },
      { principal: 'q', roles: ['eng/a'] },
      { roles: ['eng/a'] },
    ].map((info) => world.subscribe(info))
    assert.deepEqual(
      refused.map(({ streamId }) => [errorOf(world, streamId), world.ended.has(streamId)]),
      [
        ["Not authorized to use role 'eng' as 'p'", true],
        ["Not authorized to use role 'ops' as 'p'", true],
        ["Not authorized to use role 'eng/a' as 'q'", true],
        ["Not authorized to use role 'eng/a' without a principal", true],
      ],
    )
    assert.equal(world.master.frameworks.size, 1)
  })

  test('do not get another role by an update, which changes nothing', () => {
    const world = worldWith(registration)
    const s = world.subscribe({ principal: 'p', roles: ['eng/a'] })
    const framework_info = { ...s.info, roles: ['ops'] }
    const reply = world.call(s, { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } })
    assert.deepEqual(reply, { status: 403, text: "Not authorized to use role 'ops' as 'p'" })
    assert.deepEqual(world.master.frameworks.get(s.id)?.roles, ['eng/a'])
  })

  const users = {
    run_tasks: [{ principals: of('p'), users: of('alice') }],
    permissive: false,
    register_frameworks: [{ principals: any, roles: any }],
  }

  test('run tasks as the users that are theirs alone', () => {
    const world = worldWith(users)
    const agent = world.addAgent()
    const s = world.subscribe({ principal: 'p', user: 'bob' })
    const offer = world.offer(s)
    const command = (user: string) => ({ command: { value: 'x', user } })
    const task_infos = [
      task('ok', offer, command('alice')),
      task('root', offer, command('root')),
      task('default', offer),
    ]
    world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos } }])
    assert.deepEqual(
      world.statuses(s).map(({ task_id, state, reason, message }) => [task_id.value, state, reason, message]),
      ['root', 'default'].map((id) => [
        id,
        'TASK_ERROR',
        'REASON_TASK_UNAUTHORIZED',
        `Task '${id}' is not authorized to launch as user '${id === 'root' ? 'root' : 'bob'}'`,
      ]),
    )
    const started = world.toAgent(agent.linkId).flatMap(({ run_task }) => run_task?.task.task_id.value ?? [])
    assert.deepEqual(started, ['ok'])
  })

  test('run no task of a group of which one is not allowed', () => {
    const world = worldWith(users)
    const agent = world.addAgent()
    const s = world.subscribe({ principal: 'p', user: 'alice' })
    const offer = world.offer(s)
    const executor: mesos.ExecutorInfo = {
      type: 'DEFAULT',
      executor_id: { value: 'e' },
      resources: [scalar('cpus', 0.1), scalar('mem', 32)],
    }
    const tasks = [task('a', offer), task('b', offer, { command: { value: 'x', user: 'root' } })]
    world.accept(s, offer, [{ type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks } } }])
    assert.deepEqual(
      world.statuses(s).map(({ task_id, state, reason }) => [task_id.value, state, reason]),
      ['a', 'b'].map((id) => [id, 'TASK_ERROR', 'REASON_TASK_GROUP_UNAUTHORIZED']),
    )
    assert.equal(
      world.toAgent(agent.linkId).some(({ run_task_group }) => run_task_group),
      false,
    )
  })

  test('reserve nothing that is not theirs', () => {
    for (const [allowed, state] of [
      ['r', undefined],
      ['other', 'OPERATION_ERROR'],
    ] as const) {
      const world = worldWith({
        reserve_resources: [{ principals: any, roles: of(allowed) }],
        permissive: false,
        register_frameworks: [{ principals: any, roles: any }],
      })
      const agent = world.addAgent()
      const s = world.subscribe({ principal: 'p' })
      const resources = [
        { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC' as const, role: 'r', principal: 'p' }] },
      ]
      world.accept(s, world.offer(s), [{ type: 'RESERVE', id: { value: 'o' }, reserve: { resources } }])
      const status = world.eventsOf(s.streamId).find((event) => event.update_operation_status)
        ?.update_operation_status?.status
      assert.equal(status?.state, state)
      if (state) assert.equal(status?.message, "Not authorized to reserve resources as 'p'")
      assert.equal(
        world.toAgent(agent.linkId).some((message) => message.apply_operation),
        state === undefined,
      )
    }
  })
})

type Case = readonly [
  string,
  string,
  string,
  (ids: { agent_id: mesos.AgentID; framework_id: mesos.FrameworkID }) => master.Call,
]
const reserved = (role: string, principal: string): mesos.Resource => ({
  ...scalar('disk', 32),
  reservations: [{ type: 'DYNAMIC', role, principal }],
})
const volume: mesos.Resource = {
  ...reserved('r', 'x'),
  disk: { persistence: { id: 'v', principal: 'y' }, volume: { container_path: 'd', mode: 'RW' } },
}
const machines = [{ hostname: 'h9' }]

/** Every call that changes something, with the action, the member and the value of its object. */
const calls: readonly Case[] = [
  [
    'teardown_frameworks',
    'framework_principals',
    'p',
    ({ framework_id }) => ({ type: 'TEARDOWN', teardown: { framework_id } }),
  ],
  [
    'update_weights',
    'roles',
    'r',
    () => ({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'r', weight: 2 }] } }),
  ],
  ['update_quotas', 'roles', 'r', () => ({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ role: 'r' }] } })],
  [
    'update_quotas',
    'roles',
    'r',
    () => ({ type: 'SET_QUOTA', set_quota: { quota_request: { role: 'r', guarantee: [scalar('cpus', 1)] } } }),
  ],
  ['update_quotas', 'roles', 'r', () => ({ type: 'REMOVE_QUOTA', remove_quota: { role: 'r' } })],
  [
    'reserve_resources',
    'roles',
    'r',
    ({ agent_id }) => ({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [reserved('r', 'x')] } }),
  ],
  [
    'unreserve_resources',
    'reserver_principals',
    'x',
    ({ agent_id }) => ({
      type: 'UNRESERVE_RESOURCES',
      unreserve_resources: { agent_id, resources: [reserved('r', 'x')] },
    }),
  ],
  [
    'create_volumes',
    'roles',
    'r',
    ({ agent_id }) => ({ type: 'CREATE_VOLUMES', create_volumes: { agent_id, volumes: [volume] } }),
  ],
  [
    'destroy_volumes',
    'creator_principals',
    'y',
    ({ agent_id }) => ({ type: 'DESTROY_VOLUMES', destroy_volumes: { agent_id, volumes: [volume] } }),
  ],
  [
    'resize_volumes',
    'roles',
    'r',
    ({ agent_id }) => ({ type: 'GROW_VOLUME', grow_volume: { agent_id, volume, addition: reserved('r', 'x') } }),
  ],
  [
    'resize_volumes',
    'roles',
    'r',
    ({ agent_id }) => ({ type: 'SHRINK_VOLUME', shrink_volume: { agent_id, volume, subtract: { value: 1 } } }),
  ],
  ['drain_agents', 'agents', '', ({ agent_id }) => ({ type: 'DRAIN_AGENT', drain_agent: { agent_id } })],
  [
    'mark_agents_gone',
    'agents',
    '',
    ({ agent_id }) => ({ type: 'DRAIN_AGENT', drain_agent: { agent_id, mark_gone: true } }),
  ],
  ['mark_agents_gone', 'agents', '', ({ agent_id }) => ({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } })],
  ['deactivate_agents', 'agents', '', ({ agent_id }) => ({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } })],
  ['reactivate_agents', 'agents', '', ({ agent_id }) => ({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })],
  [
    'update_maintenance_schedules',
    'machines',
    '',
    () => ({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: {} } }),
  ],
  ['start_maintenances', 'machines', '', () => ({ type: 'START_MAINTENANCE', start_maintenance: { machines } })],
  ['stop_maintenances', 'machines', '', () => ({ type: 'STOP_MAINTENANCE', stop_maintenance: { machines } })],
]

suite('[mesos 205] operators under rules', () => {
  const ask = ([action, member, value, toCall]: Case, objects: object) => {
    const world = worldWith({
      [action]: [
        { principals: of('ops'), [member]: objects },
        { principals: any, [member]: none },
      ],
    })
    const agent_id = { value: world.addAgent().id }
    const call = toCall({ agent_id, framework_id: { value: world.subscribe({ principal: 'p' }).id } })
    const before = [...world.stored]
    const reply = (principal?: string) => world.operate(call, principal)
    return { world, before, reply, value }
  }

  for (const one of calls) {
    const [action, , value] = one
    const toCallName = one[3]({ agent_id: { value: '' }, framework_id: { value: '' } }).type ?? ''
    test(`${toCallName} needs ${action}`, () => {
      const { reply, world, before } = ask(one, value === '' ? any : of(value))
      for (const principal of ['guest', undefined]) assert.deepEqual(reply(principal), { status: 403 })
      assert.deepEqual([...world.stored], before)
      assert.equal(world.master.frameworks.size, 1)
      assert.notEqual(reply('ops')?.status, 403)
    })
    if (value !== '') {
      test(`${toCallName} needs it for '${value}'`, () =>
        assert.deepEqual(ask(one, of('else')).reply('ops'), { status: 403 }))
    }
  }

  test('are asked about what a call is, whatever other members it has', () => {
    const world = worldWith({
      permissive: false,
      reserve_resources: [{ principals: any, roles: any }],
    })
    const agent_id = { value: world.addAgent().id }
    const reserve_resources = { agent_id, resources: [reserved('r', 'x')] }
    const call = { type: 'MARK_AGENT_GONE' as const, mark_agent_gone: { agent_id }, reserve_resources }
    assert.deepEqual(world.operate(call, 'guest'), { status: 403 })
    assert.equal(world.master.agents.size, 1)
  })
})

suite('[mesos 205] agents under rules, which know them by no principal', () => {
  const joins = (form: object, resources = 'cpus:4'): [boolean, string | undefined] => {
    const world = worldWith(form)
    const { linkId } = world.addAgent(resources)
    return [world.master.agents.size === 1, world.toAgent(linkId).find(({ refused }) => refused)?.refused?.message]
  }
  const refused = [false, 'Not authorized to register agents without a principal']

  test('join where anybody may', () => {
    assert.deepEqual(joins({ permissive: false }), [true, undefined])
    assert.deepEqual(joins({ register_agents: [] }), [true, undefined])
  })

  test('do not join where nobody may, or no rule says that they may', () => {
    assert.deepEqual(joins({ register_agents: [{ principals: any, agents: none }] }), refused)
    assert.deepEqual(joins({ register_agents: [], permissive: false }), refused)
  })

  test('do not return either', () => {
    const world = worldWith({})
    const agent = world.addAgent()
    Object.assign(world.master.config, {
      acls: readAcls(aclsSchema.parse({ register_agents: [{ principals: any, agents: none }] })),
    })
    const back = world.reregister(agent)
    assert.equal(world.toAgent(back.linkId)[0]?.refused?.message, refused[1])
  })

  test('bring reservations of roles only that anybody may reserve', () => {
    const form = {
      reserve_resources: [
        { principals: any, roles: of('eng/%') },
        { principals: any, roles: none },
      ],
    }
    assert.deepEqual(joins(form, 'cpus:4;disk(eng/a):1'), [true, undefined])
    const message = "Not authorized to reserve resources for role 'eng' without a principal"
    assert.deepEqual(joins(form, 'cpus:4;disk(eng):1'), [false, message])
  })
})
