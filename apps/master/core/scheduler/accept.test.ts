import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { scalar, task, World } from '../testing/world.ts'

const launchOf = (...task_infos: mesos.TaskInfo[]): mesos.Offer_Operation => ({
  type: 'LAUNCH',
  launch: { task_infos },
})

test('[mesos 46] an agent and a framework meet in an offer', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  const offer = world.offer(s)
  assert.deepEqual(offer.agent_id, { value: agent.id })
  assert.deepEqual(offer.url, {
    scheme: 'http',
    address: { hostname: 'h1', ip: '10.0.0.1', port: 5051 },
    path: '/slave(1)',
  })
  assert.deepEqual(offer.allocation_info, { role: 'r' })
  assert.deepEqual(offer.resources?.map((r) => r.name).sort(), ['cpus', 'disk', 'mem', 'ports'])
})

test('[mesos 38] a framework without MULTI_ROLE and RESERVATION_REFINEMENT gets the old format', () => {
  const world = new World()
  world.addAgent()
  const s = world.subscribe({ roles: [], role: 'old', capabilities: [] })
  const offer = world.offer(s)
  assert.equal(offer.allocation_info, undefined)
  assert.ok(offer.resources?.every((r) => r.role === '*' && r.allocation_info === undefined))
  world.accept(s, offer, [launchOf(task('t', offer))])
  assert.equal(world.master.frameworks.get(s.id)?.tasks.get('t')?.wire.resources?.[0]?.allocation_info?.role, 'old')
})

test('[mesos 91] a launched task is sent to its agent and charged', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  const offer = world.offer(s)
  assert.equal(world.accept(s, offer, [launchOf(task('t', offer))])?.status, 202)
  const run = world.toAgent(agent.linkId).find((message) => message.run_task)?.run_task
  assert.equal(run?.task.task_id.value, 't')
  assert.equal(run?.launch_executor, true)
  assert.equal(
    world.master.agents.get(agent.id)?.used.byKey.get(s.id)?.toString(),
    'cpus(allocated: r):1; mem(allocated: r):64',
  )
  world.advance(1000)
  const next = world.offer(s)
  assert.equal(next.resources?.find((r) => r.name === 'cpus')?.scalar?.value, 3, 'the rest is offered again')
})

test('[mesos 61] several offers of one agent make one task', () => {
  const world = new World()
  const agent = world.addAgent('cpus:2;mem:100')
  const s = world.subscribe()
  const first = world.offer(s)
  world.accept(s, first, [
    launchOf(task('half', first, { resources: [scalar('cpus', 1, 'r'), scalar('mem', 50, 'r')] })),
  ])
  world.advance(1000)
  const rest = world.offer(s)
  world.update([s, agent, 'half'], 'TASK_FINISHED')
  world.advance(1000)
  const offers = world.offers(s)
  assert.equal(offers.length, 2)
  const whole = task('whole', rest, { resources: [scalar('cpus', 2, 'r'), scalar('mem', 100, 'r')] })
  world.call(s, {
    type: 'ACCEPT',
    accept: { offer_ids: offers.map((offer) => offer.id), operations: [launchOf(whole)] },
  })
  assert.equal(world.master.frameworks.get(s.id)?.tasks.has('whole'), true)
})

const invalidOffers: [string, (world: World) => mesos.OfferID[], RegExp][] = [
  ['no offer', () => [], /^Task launched with invalid offers: No offers specified$/],
  ['an unknown offer', () => [{ value: 'M-O99' }], /Offer M-O99 is no longer valid$/],
]
for (const [what, ids, message] of invalidOffers) {
  test(`[mesos 100] ACCEPT with ${what} drops its tasks`, () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe()
    const offer = world.offer(s)
    world.call(s, { type: 'ACCEPT', accept: { offer_ids: ids(world), operations: [launchOf(task('t', offer))] } })
    const [status] = world.statuses(s, 't')
    assert.deepEqual(
      [status?.state, status?.reason, status?.source],
      ['TASK_DROPPED', 'REASON_INVALID_OFFERS', 'SOURCE_MASTER'],
    )
    assert.match(status?.message ?? '', message)
    assert.equal(status?.uuid, undefined)
  })
}

test('[mesos 61] one bad offer voids the call and gives the good ones back without a filter', () => {
  const world = new World()
  world.addAgent()
  const s = world.subscribe()
  const offer = world.offer(s)
  world.call(s, {
    type: 'ACCEPT',
    accept: {
      offer_ids: [offer.id, { value: 'gone' }],
      operations: [launchOf(task('t', offer))],
      filters: { refuse_seconds: 1e6 },
    },
  })
  assert.equal(world.offers(s).length, 0)
  world.advance(1000)
  assert.equal(world.offers(s).length, 1)
})

test('the same offer twice is refused', () => {
  const world = new World()
  world.addAgent()
  const s = world.subscribe({ capabilities: [{ type: 'MULTI_ROLE' }] })
  const offer = world.offer(s)
  world.call(s, {
    type: 'ACCEPT',
    accept: { offer_ids: [offer.id, offer.id], operations: [launchOf(task('t', offer))] },
  })
  const [status] = world.statuses(s, 't')
  assert.equal(status?.state, 'TASK_LOST', 'not partition aware')
  assert.match(status?.message ?? '', /Duplicate offer/)
})

test('[mesos 55] a declined offer is not repeated before refuse_seconds, [mesos 57] unless the framework revives', () => {
  const world = new World()
  world.addAgent()
  const s = world.subscribe()
  const decline = (): void => {
    world.call(s, { type: 'DECLINE', decline: { offer_ids: [world.offer(s).id], filters: { refuse_seconds: 10 } } })
  }
  decline()
  world.advance(9_000)
  assert.equal(world.offers(s).length, 0)
  world.advance(4_000)
  assert.equal(world.offers(s).length, 1)
  decline()
  world.call(s, { type: 'REVIVE' })
  assert.equal(world.offers(s).length, 1)
})

test('[mesos 57] a suppressed role gets no offers; a strange role voids the call', () => {
  const world = new World()
  const s = world.subscribe()
  world.call(s, { type: 'SUPPRESS', suppress: { roles: ['r', 'x'] } })
  world.addAgent()
  assert.equal(world.offers(s).length, 1, 'the call was dropped')
})

test('[mesos 58] a role that is suppressed from the start gets no offers', () => {
  const world = new World()
  const quiet = world.subscribe({ roles: ['q'] }, { suppressed_roles: ['q'] })
  world.addAgent('cpus:1;mem:100', { port: 5052 })
  world.advance(5000)
  assert.equal(world.offers(quiet).length, 0)
})

test('[mesos 59] an offer that is not answered in time is rescinded', () => {
  const world = new World({ config: { offerTimeoutMs: 3000 } })
  world.addAgent()
  const s = world.subscribe()
  const offer = world.offer(s)
  world.advance(3000)
  const rescinded = world.eventsOf(s.streamId).filter((event) => event.rescind)
  assert.deepEqual(rescinded[0]?.rescind?.offer_id, offer.id)
})

test('[mesos 99] each invalid task of a launch gets its own TASK_ERROR, the others start', () => {
  const world = new World()
  world.addAgent()
  const s = world.subscribe()
  const offer = world.offer(s)
  world.accept(s, offer, [launchOf(task('ok', offer), task('bad', offer, { resources: [] }), task('ok', offer))])
  assert.deepEqual(
    world.statuses(s).map((status) => [status.task_id.value, status.state, status.message]),
    [
      ['bad', 'TASK_ERROR', 'Task uses no resources'],
      ['ok', 'TASK_ERROR', 'Task has duplicate ID: ok'],
    ],
  )
  assert.equal(world.master.frameworks.get(s.id)?.tasks.size, 1)
})

test('[mesos 93] the resources of a running custom executor are not charged again', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  const executor: mesos.ExecutorInfo = {
    executor_id: { value: 'e' },
    command: { value: 'x' },
    resources: [scalar('cpus', 1, 'r')],
  }
  const own = { command: undefined, executor }
  const offer = world.offer(s)
  world.accept(s, offer, [launchOf(task('a', offer, own), task('b', offer, own))])
  assert.match(world.master.agents.get(agent.id)?.used.byKey.get(s.id)?.toString() ?? '', /cpus\(allocated: r\):3/)
  const runs = world.toAgent(agent.linkId).flatMap((message) => message.run_task ?? [])
  assert.deepEqual(
    runs.map((run) => run.launch_executor),
    [true, false],
  )
  assert.equal(runs[0]?.task.executor?.type, 'CUSTOM')
  world.say(agent.linkId, {
    type: 'EXECUTOR_EXITED',
    executor_exited: { framework_id: { value: s.id }, executor_id: { value: 'e' }, status: 9 },
  })
  assert.equal(world.eventsOf(s.streamId).at(-1)?.failure?.status, 9)
  assert.match(world.master.agents.get(agent.id)?.used.byKey.get(s.id)?.toString() ?? '', /cpus\(allocated: r\):2/)
})

test('[mesos 92] a group starts as a whole or not at all', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  const executor = (id: string): mesos.ExecutorInfo => ({
    type: 'DEFAULT',
    executor_id: { value: id },
    framework_id: { value: s.id },
    resources: [scalar('cpus', 0.1, 'r'), scalar('mem', 32, 'r'), scalar('disk', 10, 'r')],
  })
  const group = (id: string, ...tasks: mesos.TaskInfo[]): mesos.Offer_Operation => ({
    type: 'LAUNCH_GROUP',
    launch_group: { executor: executor(id), task_group: { tasks } },
  })
  const offer = world.offer(s)
  world.accept(s, offer, [
    group('bad', task('x', offer), task('y', offer, { resources: [] })),
    group('good', task('a', offer), task('b', offer)),
  ])
  assert.deepEqual(
    world.statuses(s).map(({ task_id, reason, message }) => [task_id.value, reason, message]),
    ['x', 'y'].map((id) => [id, 'REASON_TASK_GROUP_INVALID', "Task 'y' is invalid: Task uses no resources"]),
  )
  const run = world.toAgent(agent.linkId).find((message) => message.run_task_group)?.run_task_group
  assert.deepEqual(
    run?.task_group.tasks?.map((one) => one.task_id.value),
    ['a', 'b'],
  )
  assert.equal(world.master.frameworks.get(s.id)?.tasks.get('a')?.wire.executor_id?.value, 'good')
})

test('[mesos 101] a terminal update frees the resources at once; its acknowledgement completes the task', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  world.run([s, agent, 't'])
  const uuid = world.update([s, agent, 't'], 'TASK_FINISHED')
  const framework = world.master.frameworks.get(s.id)!
  assert.equal(framework.used.byKey.size, 0)
  assert.equal(framework.tasks.size, 1, 'listed until acknowledged')
  world.acknowledge([s, agent, 't'], uuid)
  assert.equal(framework.tasks.size, 0)
  assert.equal(framework.completedTasks.values().length, 1)
  assert.equal(world.toAgent(agent.linkId).at(-1)?.type, 'STATUS_UPDATE_ACK')
})

test('an update after the end of a task changes nothing in the books', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  world.run([s, agent, 't'])
  world.update([s, agent, 't'], 'TASK_FINISHED')
  world.update([s, agent, 't'], 'TASK_FAILED')
  assert.equal(world.master.frameworks.get(s.id)?.tasks.get('t')?.wire.state, 'TASK_FINISHED')
})

test('statuses of one state replace each other and data is not kept', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  world.run([s, agent, 't'])
  world.update([s, agent, 't'], 'TASK_RUNNING', { healthy: true, data: new Uint8Array([1]) })
  const statuses = world.master.frameworks.get(s.id)?.tasks.get('t')?.wire.statuses ?? []
  assert.deepEqual(
    statuses.map((status) => [status.state, status.healthy, status.data]),
    [['TASK_RUNNING', true, undefined]],
  )
  assert.deepEqual(world.statuses(s, 't').at(-1)?.data, new Uint8Array([1]), 'the scheduler gets it')
})

test('[mesos 94] KILL goes to the agent with its policy; an unknown task is a question; a wrong agent is ignored', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  world.run([s, agent, 't'])
  const kill_policy = { grace_period: { nanoseconds: 5 } }
  world.call(s, { type: 'KILL', kill: { task_id: { value: 't' }, kill_policy } })
  assert.deepEqual(world.toAgent(agent.linkId).at(-1)?.kill_task?.kill_policy, kill_policy)
  world.call(s, { type: 'KILL', kill: { task_id: { value: 'nope' } } })
  assert.equal(world.statuses(s, 'nope')[0]?.state, 'TASK_UNKNOWN')
  const count = world.toAgent(agent.linkId).length
  world.call(s, { type: 'KILL', kill: { task_id: { value: 't' }, agent_id: { value: 'other' } } })
  assert.equal(world.toAgent(agent.linkId).length, count)
})

test('[mesos 39] [mesos 40] SHUTDOWN and MESSAGE are passed on to the agent, messages of executors to the scheduler', () => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  const to = { agent_id: { value: agent.id }, executor_id: { value: 'e' } }
  const data = new Uint8Array([0, 255])
  world.call(s, { type: 'MESSAGE', message: { ...to, data } })
  assert.deepEqual(world.toAgent(agent.linkId).at(-1)?.framework_message?.data, data)
  world.call(s, { type: 'SHUTDOWN', shutdown: to })
  assert.equal(world.toAgent(agent.linkId).at(-1)?.type, 'SHUTDOWN_EXECUTOR')
  world.say(agent.linkId, {
    type: 'EXECUTOR_MESSAGE',
    executor_message: { framework_id: { value: s.id }, executor_id: { value: 'e' }, data },
  })
  assert.deepEqual(world.eventsOf(s.streamId).at(-1), { type: 'MESSAGE', message: { ...to, data } })
})
