import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Effect } from './messages.ts'
import { FakeCluster } from './test-kit/fake-cluster.ts'
import { step } from './step.ts'
import { appViewAt, parseAppEmbeds, tasksOf } from './view/index.ts'

function running(count = 1, extra: Record<string, unknown> = {}): FakeCluster {
  const cluster = new FakeCluster()
  cluster.subscribe()
  cluster.create({ id: '/web', cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: count, ...extra })
  cluster.settle()
  return cluster
}

/** Whether the effect waits for the write of its step, and so for those of the steps before. */
function isHeld(effect: Effect, effects: readonly Effect[]): boolean {
  const store = effects.find(({ type }) => type === 'store')
  return store?.type === 'store' && 'after' in effect && effect.after === store.id
}

describe('the life of an app', () => {
  test('[marathon 1] a created app is launched on the first offer that fits and its deployment ends', () => {
    const cluster = new FakeCluster()
    cluster.subscribe()
    const response = cluster.create({ id: 'web', cmd: 'sleep 1000', cpus: 0.1, mem: 32 })
    assert.equal(response.status, 201)
    assert.equal(response.headers?.['Location'], '/web')
    assert.equal(cluster.state.deployments.size, 1)
    cluster.settle()
    assert.match(cluster.running()[0] ?? '', /^web\.instance-[0-9a-f-]{36}\._app\.1$/)
    assert.equal(cluster.state.deployments.size, 0)
    assert.ok(cluster.eventTypes().includes('deployment_success'))
  })

  test('the instance is stored before the offer is accepted', () => {
    const cluster = new FakeCluster()
    cluster.isPrompt = false
    cluster.subscribe()
    cluster.create({ id: 'web', cmd: 'sleep 1000' })
    cluster.offerAll()
    const accept = cluster.calls.find(({ type }) => type === 'ACCEPT')
    const taskId = accept?.accept?.operations?.[0]?.launch?.task_infos?.[0]?.task_id.value ?? ''
    const stored = [...cluster.store.values()].find((value) => value.includes('"Provisioned"')) ?? ''
    assert.ok(taskId !== '' && stored.includes(taskId))
  })

  test('an update that repeats another is answered only once that one is durable', () => {
    const cluster = running(1)
    const command = { type: 'update-app', id: '/web', body: { instances: 1 }, force: false, partial: true } as const
    const rest = { mayCreate: false, audit: { clientIp: '', uri: '' } }
    const effects = step(
      cluster.state,
      { type: 'command', requestId: 99, command: { ...command, ...rest } },
      cluster.now,
    )
    const answer = effects.find(({ type }) => type === 'respond')
    assert.ok(answer?.type === 'respond' && answer.response.status === 200)
    assert.ok(isHeld(answer, effects))
  })

  test('a refusal waits for the change that it is refused for', () => {
    const cluster = running(1)
    assert.equal(cluster.command({ type: 'delete-app', id: '/web', force: true }).status, 200)
    const command = { type: 'delete-app', id: '/web', force: true } as const
    const effects = step(cluster.state, { type: 'command', requestId: 99, command }, cluster.now)
    const answer = effects.find(({ type }) => type === 'respond')
    assert.ok(answer?.type === 'respond' && answer.response.status === 404)
    assert.ok(isHeld(answer, effects))
  })

  test('Mesos is asked for a task only once its launch is durable', () => {
    const cluster = running(1)
    const effects = step(cluster.state, { type: 'timer', key: 'reconcile' }, cluster.now)
    const questions = effects.filter((effect) => effect.type === 'call' && effect.call.type === 'RECONCILE')
    assert.equal(questions.length, 2)
    for (const question of questions) assert.ok(isHeld(question, effects))
  })

  test('[marathon 68] scaling up and down keeps the other tasks', () => {
    const cluster = running(2)
    const before = cluster.running()
    cluster.update('/web', { instances: 5 })
    cluster.settle()
    assert.equal(cluster.running().length, 5)
    assert.ok(before.every((id) => cluster.running().includes(id)))
    cluster.update('/web', { instances: 1 })
    cluster.settle()
    assert.equal(cluster.running().length, 1)
    assert.equal(cluster.state.deployments.size, 0)
  })

  test('[marathon 69] an app scaled to 0 keeps its definition and has no tasks', () => {
    const cluster = running(3)
    cluster.update('/web', { instances: 0 })
    cluster.settle()
    assert.equal(cluster.running().length, 0)
    assert.equal(cluster.state.root.apps.get('/web')?.instances, 0)
    assert.equal(cluster.state.instances.size, 0)
  })

  test('[marathon 15] a deleted app is stopped and forgotten', () => {
    const cluster = running(3)
    assert.equal(cluster.command({ type: 'delete-app', id: '/web', force: true }).status, 200)
    cluster.settle()
    assert.equal(cluster.running().length, 0)
    assert.equal(cluster.state.instances.size, 0)
    assert.equal(cluster.state.root.apps.size, 0)
    assert.ok(cluster.eventTypes().includes('app_terminated_event'))
  })

  test('[marathon 70] killSelection decides which task survives', () => {
    for (const [killSelection, index] of [
      ['YOUNGEST_FIRST', 0],
      ['OLDEST_FIRST', 1],
    ] as const) {
      const cluster = running(1, { killSelection })
      const first = cluster.running()[0]
      cluster.advance(10_000)
      cluster.update('/web', { instances: 2 })
      cluster.settle()
      const both = [first, ...cluster.running().filter((id) => id !== first)]
      cluster.update('/web', { instances: 1 })
      cluster.settle()
      assert.deepEqual(cluster.running(), [both[index]])
    }
  })

  test('[marathon 71] an update that changes nothing restarts nothing', () => {
    const cluster = running(2)
    const before = cluster.running()
    const version = cluster.state.root.apps.get('/web')?.version
    assert.equal(cluster.update('/web', { cmd: 'sleep 1000' }).status, 200)
    cluster.settle()
    assert.deepEqual(cluster.running(), before)
    assert.equal(cluster.state.root.apps.get('/web')?.version, version)
    assert.equal(cluster.state.rootVersions.length, 1)
    assert.equal(cluster.state.deployments.size, 0)
  })
})

describe('the end of tasks', () => {
  test('[marathon 76] a failed task comes back as the next incarnation of its instance', () => {
    const cluster = running()
    const [task = ''] = cluster.running()
    cluster.tell(task, 'TASK_FAILED', { message: 'exit 1' })
    cluster.settle()
    assert.deepEqual(cluster.running(), [task.replace(/1$/, '2')])
  })

  test('[marathon 35] the last failure is kept and shown', () => {
    const cluster = running()
    cluster.tell(cluster.running()[0] ?? '', 'TASK_FAILED', { message: 'Command exited with status 1' })
    const app = cluster.state.root.apps.get('/web')!
    const view = appViewAt(cluster.state, app, {
      embeds: parseAppEmbeds(['apps.lastTaskFailure'], []),
      now: cluster.now,
    })
    const failure = view['lastTaskFailure'] as Record<string, unknown>
    assert.equal(failure['state'], 'TASK_FAILED')
    assert.equal(failure['message'], 'Command exited with status 1')
  })

  test('[marathon 77] failures delay the next launch by backoffSeconds, then by the factor', () => {
    const cluster = running(1, { backoffSeconds: 10, backoffFactor: 2, maxLaunchDelaySeconds: 30 })
    const delays: number[] = []
    for (let i = 0; i < 4; i++) {
      cluster.tell(cluster.running()[0] ?? '', 'TASK_FAILED')
      const start = cluster.now
      while (cluster.running().length === 0) {
        cluster.advance(1000)
        cluster.offerAll()
      }
      delays.push((cluster.now - start) / 1000)
    }
    assert.deepEqual(delays, [10, 20, 30, 30])
  })

  test('[marathon 79] resetting the delay launches at once', () => {
    const cluster = running(1, { backoffSeconds: 1000 })
    cluster.tell(cluster.running()[0] ?? '', 'TASK_FAILED')
    cluster.offerAll()
    assert.equal(cluster.running().length, 0)
    assert.equal(cluster.command({ type: 'reset-delay', appId: '/web' }).status, 204)
    cluster.offerAll()
    assert.equal(cluster.running().length, 1)
    assert.equal(cluster.command({ type: 'reset-delay', appId: '/web' }).status, 404)
  })

  test('[marathon 118] an unreachable task is replaced, and killed when it returns', () => {
    const cluster = running()
    const [task = ''] = cluster.running()
    cluster.tell(task, 'TASK_UNREACHABLE')
    cluster.settle()
    const replaced = cluster.running()
    assert.equal(replaced.length, 1)
    assert.notEqual(replaced[0], task)
    cluster.isPrompt = false
    cluster.tell(task, 'TASK_RUNNING')
    assert.equal(cluster.calls.at(-2)?.kill?.task_id.value, task)
  })

  test('[marathon 118][marathon 119] inactive and expunge times are kept, and a task that returns is surplus', () => {
    const strategy = { inactiveAfterSeconds: 60, expungeAfterSeconds: 120 }
    const cluster = running(1, { unreachableStrategy: strategy })
    const [task = ''] = cluster.running()
    cluster.tell(task, 'TASK_UNREACHABLE')
    cluster.settle()
    assert.equal(cluster.running().length, 0, 'still counted')
    cluster.advance(60_000)
    cluster.settle()
    assert.equal(cluster.running().length, 1, 'replaced')
    cluster.tell(task, 'TASK_RUNNING')
    cluster.settle()
    assert.equal(cluster.running().length, 1)
    assert.equal(cluster.state.instances.size, 1)
  })

  test('a task that Mesos runs and nobody knows is killed', () => {
    const cluster = running()
    cluster.isPrompt = false
    const status = {
      task_id: { value: 'x.instance-1._app.1' },
      state: 'TASK_RUNNING',
      agent_id: { value: 'agent-1' },
    } as const
    cluster.submit({ type: 'mesos-event', event: { type: 'UPDATE', update: { status } } })
    assert.equal(cluster.calls.at(-1)?.kill?.task_id.value, 'x.instance-1._app.1')
  })

  test('offers are suppressed while nothing is wanted and revived for new instances', () => {
    const cluster = running()
    assert.equal(cluster.isSuppressed, true)
    cluster.update('/web', { instances: 2 })
    assert.equal(cluster.isSuppressed, false)
  })

  test('a revive does not overtake the refusal of an offer that was decided before it', () => {
    const cluster = running(1, { backoffSeconds: 10 })
    cluster.tell(cluster.running()[0] ?? '', 'TASK_FAILED')
    cluster.offerAll()
    assert.ok(cluster.timers.has('backoff:/web'))
    const effects = step(cluster.state, { type: 'timer', key: 'backoff:/web' }, cluster.now + 10_000)
    const revive = effects.find((effect) => effect.type === 'call' && effect.call.type === 'REVIVE')
    assert.ok(revive !== undefined && isHeld(revive, effects))
  })

  test('revives come in a short burst and then at their pace', () => {
    const cluster = running()
    const revives = () => cluster.calls.filter(({ type }) => type === 'REVIVE').length
    cluster.advance(60_000)
    const before = revives()
    for (let i = 2; i < 30; i++) cluster.update('/web', { instances: i }, { force: true })
    assert.equal(revives() - before, 20)
    cluster.advance(5_000)
    assert.equal(revives() - before, 21)
  })

  test('[marathon 20] kill and scale takes the named task and lowers the count', () => {
    const cluster = running(3)
    const [, victim = ''] = cluster.running()
    const options = { scale: true, wipe: false, force: false }
    const response = cluster.command({
      type: 'kill-app-tasks',
      appId: '/web',
      host: undefined,
      taskId: victim,
      options,
    })
    assert.ok('deploymentId' in (response.body as object))
    cluster.settle()
    assert.equal(cluster.running().length, 2)
    assert.ok(!cluster.running().includes(victim))
    assert.equal(cluster.state.root.apps.get('/web')?.instances, 2)
  })

  test('[marathon 19] killed tasks come back in their instances', () => {
    const cluster = running(3)
    const before = cluster.running()
    const host = tasksOf(cluster.state, '/web')[0]?.['host'] as string
    const onHost = tasksOf(cluster.state, '/web').filter((task) => task['host'] === host)
    const options = { scale: false, wipe: false, force: false }
    const response = cluster.command({ type: 'kill-app-tasks', appId: '/web', host, taskId: undefined, options })
    assert.equal((response.body as { tasks: unknown[] }).tasks.length, onHost.length)
    cluster.settle()
    assert.equal(cluster.running().length, 3)
    assert.equal(cluster.running().filter((id) => before.includes(id)).length, 3 - onHost.length)
  })

  test('[marathon 21] a wiped instance is replaced by a new one, and the answer waits for its end', () => {
    const cluster = running(1)
    const [task = ''] = cluster.running()
    const options = { scale: false, wipe: true, force: false }
    const response = cluster.command({
      type: 'kill-tasks',
      body: { ids: [task, 'web.instance-unknown._app.1'] },
      options,
    })
    assert.equal((response.body as { tasks: unknown[] }).tasks.length, 1)
    cluster.settle()
    const [next = ''] = cluster.running()
    assert.notEqual(next.split('._app')[0], task.split('._app')[0])
    const both = cluster.command({ type: 'kill-tasks', body: { ids: [] }, options: { ...options, scale: true } })
    assert.equal(both.status, 400)
  })
})

describe('restart of Marathon', () => {
  test('[marathon 123] recovers apps, instances and versions, and restarts no task', () => {
    const cluster = running(3)
    const before = cluster.running()
    cluster.restart()
    cluster.subscribe()
    cluster.settle()
    assert.deepEqual(cluster.running(), before)
    assert.equal(cluster.state.frameworkId, 'framework-1')
    assert.equal(cluster.state.instances.size, 3)
    const reconciled = cluster.calls.findLast((call) => (call.reconcile?.tasks?.length ?? 0) > 0)
    assert.equal(reconciled?.reconcile?.tasks?.length, 3)
  })

  test('[marathon 75] a rolling update goes on where it was', () => {
    const cluster = running(4)
    cluster.update('/web', { cmd: 'sleep 2000' })
    cluster.offerAll()
    cluster.restart()
    cluster.subscribe()
    cluster.settle(40)
    assert.equal(cluster.state.deployments.size, 0)
    assert.equal(cluster.running().length, 4)
    const commands = cluster.running().map((id) => cluster.tasks.get(id)?.info.command?.value)
    assert.deepEqual(new Set(commands), new Set(['sleep 2000']))
  })

  for (const offMs of [3_600_000, -3_600_000])
    test(`[reliability R15] a lost launch is given up in time by a leader whose clock is off by ${offMs} ms`, () => {
      const cluster = new FakeCluster({ config: { taskLaunchTimeoutMs: 60_000, taskLaunchConfirmTimeoutMs: 60_000 } })
      cluster.isPrompt = false
      cluster.subscribe()
      cluster.create({ id: '/web', cmd: 'sleep 1', instances: 1, cpus: 0.1, mem: 32 })
      cluster.offerAll()
      const [task = ''] = cluster.tasks.keys()
      cluster.now += offMs
      cluster.restart()
      cluster.subscribe()
      const kills = (): number => cluster.calls.filter(({ kill }) => kill?.task_id.value === task).length
      assert.equal(kills(), 0)
      cluster.advance(100_000)
      assert.ok(kills() > 0)
    })

  test('kills that were under way are sent again', () => {
    const cluster = running(1)
    cluster.isPrompt = false
    cluster.command({ type: 'delete-app', id: '/web', force: true })
    cluster.restart()
    cluster.isPrompt = true
    cluster.subscribe()
    cluster.settle()
    assert.equal(cluster.tasks.size, 0)
    assert.equal(cluster.state.instances.size, 0)
    assert.equal(cluster.state.deployments.size, 0)
  })
})

describe('launch tokens', () => {
  test('offers beyond the tokens are held until tasks run', () => {
    const cluster = new FakeCluster({ config: { launchTokens: 2 } })
    cluster.isPrompt = false
    cluster.subscribe()
    cluster.create({ id: '/web', cmd: 'sleep 1', instances: 6, cpus: 0.1, mem: 32 })
    cluster.offerAll()
    const [first = '', second = ''] = cluster.tasks.keys()
    assert.equal(cluster.tasks.size, 2)
    assert.ok(cluster.state.heldOffers.size > 0)
    cluster.tell(first, 'TASK_RUNNING')
    cluster.tell(second, 'TASK_RUNNING')
    assert.equal(cluster.tasks.size, 4)
    const [held = ''] = cluster.state.heldOffers.keys()
    cluster.submit({ type: 'mesos-event', event: { type: 'RESCIND', rescind: { offer_id: { value: held } } } })
    assert.ok(!cluster.state.heldOffers.has(held))
  })
})
