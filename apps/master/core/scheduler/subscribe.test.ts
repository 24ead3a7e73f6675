import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { task, World } from '../testing/world.ts'

const types = (events: readonly scheduler.Event[]): (string | undefined)[] => events.map((event) => event.type)

suite('SUBSCRIBE', () => {
  test('[mesos 29] a new framework gets an id, SUBSCRIBED and a heartbeat at once, then one every 15 s', () => {
    const world = new World()
    const s = world.subscribe()
    assert.equal(s.id, 'M-0000')
    assert.deepEqual(types(world.eventsOf(s.streamId)), ['SUBSCRIBED', 'HEARTBEAT'])
    world.advance(30_000)
    assert.equal(types(world.eventsOf(s.streamId)).filter((type) => type === 'HEARTBEAT').length, 3)
    assert.equal(world.subscribe({ id: { value: '' } }).id, 'M-0001')
  })

  const multi: mesos.FrameworkInfo_Capability[] = [{ type: 'MULTI_ROLE' }]
  const constrained = (one: scheduler.AttributeConstraint): Partial<scheduler.Call_Subscribe> => ({
    offer_constraints: { role_constraints: { r: { groups: [{ attribute_constraints: [one] }] } } },
  })
  const refusals: (readonly [string, Partial<mesos.FrameworkInfo>, Partial<scheduler.Call_Subscribe>, RegExp])[] = [
    [
      'role of a multi-role framework',
      { role: 'r' },
      {},
      /'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE/,
    ],
    [
      'roles of a single-role framework',
      { capabilities: [] },
      {},
      /'FrameworkInfo.roles' must not be set when .* not MULTI_ROLE/,
    ],
    ['a role twice', { roles: ['a', 'a'] }, {}, /contains duplicate items: a/],
    ['a bad role', { roles: ['a//b'] }, {}, /contains invalid role: Role 'a\/\/b' cannot contain two adjacent slashes/],
    ['a bad single role', { roles: [], role: '-x', capabilities: [] }, {}, /'FrameworkInfo.role' is not a valid role/],
    ['a negative failover timeout', { failover_timeout: -1 }, {}, /The framework failover_timeout \(-1\) is invalid/],
    ['an id with a slash', { id: { value: 'a/b' } }, {}, /'a\/b' contains invalid characters/],
    [
      'a suppressed stranger',
      {},
      { suppressed_roles: ['x'] },
      /Suppressed roles \{ x \} are not contained in the set of roles/,
    ],
    [
      'constraints of a stranger',
      {},
      { offer_constraints: { role_constraints: { x: {} } } },
      /Offer constraints specify/,
    ],
    [
      '[mesos 64] a constraint that looks at nothing',
      {},
      constrained({ selector: {}, predicate: { exists: {} } }),
      /^Offer constraints are not valid: Exactly one of/,
    ],
    [
      '[mesos 64] a constraint that asks nothing',
      {},
      constrained({ selector: { attribute_name: 'rack' }, predicate: {} }),
      /^Offer constraints are not valid: Unknown predicate type$/,
    ],
    ...['(?=a)b', '(a)\\1', '('].map(
      (regex) =>
        [
          `[mesos 64] the pattern ${regex}`,
          {},
          constrained({ selector: { attribute_name: 'rack' }, predicate: { text_matches: { regex } } }),
          /^Offer constraints are not valid: Failed to construct regex from pattern/,
        ] as const,
    ),
  ]
  for (const [what, info, rest, message] of refusals) {
    test(`${what} is refused by an ERROR event and the end of the stream`, () => {
      const world = new World()
      const s = world.subscribe({ capabilities: multi, ...info }, rest)
      const [event, ...others] = world.eventsOf(s.streamId)
      assert.match(event?.error?.message ?? '', message)
      assert.equal(others.length, 0)
      assert.ok(world.ended.has(s.streamId))
    })
  }

  test('[mesos 45] a role outside the whitelist is refused', () => {
    const world = new World({ config: { roles: ['a'] } })
    const s = world.subscribe({ roles: ['b'] })
    assert.match(
      world.eventsOf(s.streamId)[0]?.error?.message ?? '',
      /Roles \{ b \} are not present in the master's --roles/,
    )
  })

  test('[mesos 109] root is refused where it may not run frameworks', () => {
    const world = new World({ config: { rootSubmissions: false } })
    const s = world.subscribe()
    assert.match(world.eventsOf(s.streamId)[0]?.error?.message ?? '', /User 'root' is not allowed to run frameworks/)
  })

  test('[mesos 31] the same id takes over: the old stream ends with an error, offers are made anew without rescinds', () => {
    const world = new World()
    world.addAgent()
    const old = world.subscribe()
    const [offer] = world.offers(old)
    const next = world.subscribe({ id: { value: old.id }, user: 'other', name: 'renamed' })
    assert.equal(world.eventsOf(old.streamId).at(-1)?.error?.message, 'Framework failed over')
    assert.ok(world.ended.has(old.streamId))
    assert.deepEqual(types(world.eventsOf(next.streamId)), ['SUBSCRIBED', 'HEARTBEAT', 'OFFERS'])
    assert.notEqual(world.offer(next).id.value, offer?.id.value)
    const { info } = world.master.frameworks.get(old.id)!
    assert.deepEqual([info.user, info.name], ['root', 'renamed'], 'the user stays, the name changes')
  })

  test('[mesos 31] agents hear of a resubscription', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.subscribe({ id: { value: s.id } })
    assert.equal(world.toAgent(agent.linkId).at(-1)?.type, 'UPDATE_FRAMEWORK')
  })

  test('[mesos 31] another principal may not take over', () => {
    const world = new World()
    const s = world.subscribe({ principal: 'p' })
    const other = world.subscribe({ id: { value: s.id }, principal: 'q' })
    assert.equal(world.eventsOf(other.streamId)[0]?.error?.message, "Changing framework's principal is not allowed.")
  })

  test('[mesos 32] a framework that returns within its failover timeout keeps its tasks', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe({ failover_timeout: 60 })
    world.run([s, agent, 't'])
    world.disconnect(s)
    world.advance(59_000)
    const back = world.subscribe({ id: { value: s.id }, failover_timeout: 60 })
    world.advance(120_000)
    assert.equal(back.id, s.id)
    assert.equal(world.master.frameworks.get(s.id)?.tasks.get('t')?.wire.state, 'TASK_RUNNING')
  })

  test('[mesos 32] one that does not return is removed with its tasks, and its id never comes back', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe({ failover_timeout: 60 })
    world.run([s, agent, 't'])
    world.disconnect(s)
    world.advance(60_000)
    assert.equal(world.master.frameworks.size, 0)
    const shutdown = world.toAgent(agent.linkId).find((message) => message.type === 'SHUTDOWN_FRAMEWORK')
    assert.equal(shutdown?.shutdown_framework?.framework_id.value, s.id)
    const [completed] = world.master.completedFrameworks.values()
    const [task] = completed?.completedTasks.values() ?? []
    assert.equal(task?.wire.state, 'TASK_KILLED')
    assert.equal(task?.wire.statuses?.at(-1)?.reason, 'REASON_FRAMEWORK_REMOVED')
    const again = world.subscribe({ id: { value: s.id } })
    assert.equal(world.eventsOf(again.streamId)[0]?.error?.message, 'Framework has been removed')
  })

  test('[mesos 33] without a failover timeout the end of the stream is the end of the framework', () => {
    const world = new World()
    const s = world.subscribe({ failover_timeout: 0 })
    world.disconnect(s)
    assert.equal(world.master.frameworks.has(s.id), false)
  })

  test('[mesos 44] only the newest completed frameworks are kept', () => {
    const world = new World({ config: { maxCompletedFrameworks: 2 } })
    const ids = [1, 2, 3].map(() => {
      const s = world.subscribe()
      world.call(s, { type: 'TEARDOWN' })
      return s.id
    })
    assert.deepEqual(
      world.master.completedFrameworks.values().map((framework) => framework.id),
      ids.slice(1),
    )
  })
})

suite('the roles of a framework', () => {
  test('[mesos 35] a framework of several roles is offered each agent for one of them, and says which it uses', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe({ roles: ['a', 'b'] })
    world.addAgent(undefined, { port: 5052 })
    const offers = world.offers(s)
    assert.deepEqual(offers.map(({ allocation_info }) => allocation_info?.role).sort(), ['a', 'b'])
    for (const { allocation_info, resources } of offers) {
      const roles = new Set(resources?.map((resource) => resource.allocation_info?.role))
      assert.deepEqual([...roles], [allocation_info?.role])
    }
    const [first, second] = offers
    assert.ok(first && second)
    world.call(s, {
      type: 'ACCEPT',
      accept: {
        offer_ids: [first.id, second.id],
        operations: [{ type: 'LAUNCH', launch: { task_infos: [task('t', first)] } }],
      },
    })
    assert.match(world.statuses(s, 't')[0]?.message ?? '', /Aggregated offers must be allocated to the same role/)
  })

  test('[mesos 36] offers of a role that is given up are rescinded', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe({ roles: ['a'] })
    const offer = world.offer(s)
    const reply = world.call(s, {
      type: 'UPDATE_FRAMEWORK',
      update_framework: { framework_info: { ...s.info, roles: ['b'] } },
    })
    assert.equal(reply?.status, 200)
    const rescinded = world.eventsOf(s.streamId).find((event) => event.rescind)?.rescind?.offer_id.value
    assert.equal(rescinded, offer.id.value)
    assert.equal(world.offer(s).allocation_info?.role, 'b')
  })

  test('[mesos 37] UPDATE_FRAMEWORK refuses what may not change by a status', () => {
    const world = new World()
    const s = world.subscribe()
    const update = (change: Partial<mesos.FrameworkInfo>) =>
      world.call(s, { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: { ...s.info, ...change } } })
    assert.deepEqual(update({ user: 'x' }), {
      status: 400,
      text: "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'root' to 'x'",
    })
    assert.match(update({ checkpoint: false })?.text ?? '', /'FrameworkInfo.checkpoint' is unsupported/)
    assert.match(update({ roles: ['a', 'a'] })?.text ?? '', /^Supplied FrameworkInfo is not valid: /)
    assert.equal(update({ name: 'new' })?.status, 200)
    const nothing = { groups: [{ attribute_constraints: [{ selector: {}, predicate: {} }] }] }
    const offer_constraints = { role_constraints: { r: nothing } }
    const refused = world.call(s, {
      type: 'UPDATE_FRAMEWORK',
      update_framework: { framework_info: s.info, offer_constraints },
    })
    assert.match(refused?.text ?? '', /^'UpdateFramework' call is not valid: Offer constraints are not valid: /)
  })
})

suite('the gate of scheduler calls', () => {
  const world = new World()
  const s = world.subscribe()
  const away = world.subscribe()
  world.disconnect(away)
  const revive: scheduler.Call = { type: 'REVIVE' }

  const cases: [string, () => unknown, number, RegExp][] = [
    ['an unknown framework', () => world.call({ ...s, id: 'nope' }, revive), 400, /^Framework cannot be found$/],
    ['a disconnected framework', () => world.call(away, revive), 403, /^Framework is not subscribed$/],
    [
      '[mesos 30] a stale stream id',
      () => world.call(s, revive, 'old'),
      400,
      /^The stream ID 'old' included in this request didn't match/,
    ],
    ['an unknown call', () => world.call(s, { type: 'UNKNOWN' }), 501, /^501 Not Implemented\.$/],
  ]
  for (const [what, ask, status, text] of cases) {
    test(`${what} is answered with ${status}`, () => {
      const reply = ask() as { status: number; text: string }
      assert.equal(reply.status, status)
      assert.match(reply.text, text)
    })
  }

  test('[mesos 30] a missing stream id is answered with 400', () => {
    world.do({
      type: 'scheduler-call',
      requestId: 999,
      streamId: undefined,
      call: { type: 'REVIVE', framework_id: { value: s.id } },
    })
    assert.deepEqual(world.replies.get(999), {
      status: 400,
      text: "All non-subscribe calls should include the 'Mesos-Stream-Id' header",
    })
  })
})
