import assert from 'node:assert/strict'
import { test } from 'node:test'
import { step } from './index.ts'
import { getAgent } from './views/operator-view.ts'
import { stateView } from './views/state-view.ts'
import { BenchAgent, FRAMEWORK_ID, frameworkInfo, openAccess, scalar, taskInfo } from './testing/bench-agent.ts'

test('a task is on disk before its container is launched', () => {
  const agent = BenchAgent.registered()
  const message = { type: 'RUN_TASK', run_task: { framework_info: frameworkInfo(), task: taskInfo('t') } } as const
  const effects = step(agent.state, { type: 'master', message }, agent.now)
  const store = effects.find((effect) => effect.type === 'store')
  const launch = effects.find((effect) => effect.type === 'launch')
  assert.equal(launch?.after, store?.id)
  const keys = store?.writes.map((write) => (write.type === 'put' ? write.key : ''))
  assert.deepEqual(keys, [`framework/${FRAMEWORK_ID}`, `executor/${FRAMEWORK_ID}/t`, `task/${FRAMEWORK_ID}/t/t`])
})

test('only the oldest update is in flight; the next follows its acknowledgement', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.launched(id)
  agent.ended(id)
  const first = agent.sent()
  assert.deepEqual(
    first.map((status) => status.state),
    ['TASK_STARTING'],
  )
  agent.take()
  agent.acknowledge({ ...first[0], task_id: { value: 't' }, state: 'TASK_STARTING', uuid: new Uint8Array(16) })
  assert.deepEqual(agent.sent(), [], 'an acknowledgement with another uuid is stale')
  agent.acknowledge(first[0] ?? { task_id: { value: 't' }, state: 'TASK_STARTING' })
  assert.deepEqual(agent.drain(), ['TASK_RUNNING', 'TASK_FINISHED'])
})

test('an update leaves once the acknowledgement of the one before is on disk: a crash takes neither back', () => {
  const agent = BenchAgent.registered()
  const containerId = agent.run(taskInfo('t'))
  agent.launched(containerId)
  agent.ended(containerId)
  const [first] = agent.sent()
  assert.ok(first?.uuid !== undefined)
  const status_update_ack = { framework_id: { value: FRAMEWORK_ID }, task_id: first.task_id, uuid: first.uuid }
  const message = { type: 'STATUS_UPDATE_ACK' as const, status_update_ack }
  const effects = step(agent.state, { type: 'master', message }, agent.now)
  const [send] = effects.filter(({ type }) => type === 'send')
  assert.ok(send?.type === 'send' && send.message.status_update?.status.state === 'TASK_RUNNING')
  assert.notEqual(send.after, undefined)
})

test('[mesos 101] an update that nobody acknowledges is repeated after 10 s, 20 s, 40 s … at most every 10 min', () => {
  const agent = BenchAgent.registered()
  agent.launched(agent.run(taskInfo('t')))
  const times: number[] = []
  const start = agent.now
  for (let second = 0; second < 3000; second++) {
    agent.advance(1000)
    if (agent.sent().length > 0) times.push((agent.now - start) / 1000)
    agent.take()
  }
  assert.deepEqual(times.slice(1), [10, 30, 70, 150, 310, 630, 1230, 1830, 2430])
})

test('without a master nothing is sent; on its return everything unacknowledged is', () => {
  const agent = BenchAgent.registered()
  agent.launched(agent.run(taskInfo('t')))
  agent.take()
  agent.input({ type: 'link-down', reason: 'test' })
  agent.advance(60_000)
  assert.deepEqual(agent.sent(), [])
  agent.reregister()
  assert.deepEqual(
    agent.sent().map((status) => status.state),
    ['TASK_STARTING'],
  )
})

test('the whole life of a command task leaves nothing but its completed record', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.launched(id)
  agent.ended(id)
  assert.deepEqual(agent.drain(), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
  assert.deepEqual([...agent.journal.keys()].sort(), [
    'agent',
    'boot',
    `completed/${FRAMEWORK_ID}/${id}`,
    `framework/${FRAMEWORK_ID}`,
  ])
  assert.equal(agent.state.frameworks.size, 0)
  assert.equal(agent.state.completedFrameworks[0]?.completedExecutors[0]?.completedTasks[0]?.state, 'TASK_FINISHED')
  assert.equal(agent.state.containers.size, 0)
})

test('[mesos 42] nothing is written for a framework that does not checkpoint', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'), frameworkInfo({ checkpoint: false }))
  agent.launched(id)
  agent.ended(id)
  assert.deepEqual(agent.drain(), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
  assert.deepEqual([...agent.journal.keys()], ['boot', 'agent'])
})

test('a task that is killed before its container runs was never started', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.kill('t')
  const [status] = agent.sent()
  assert.deepEqual(
    [status?.state, status?.reason, status?.source],
    ['TASK_KILLED', 'REASON_TASK_KILLED_DURING_LAUNCH', 'SOURCE_AGENT'],
  )
  assert.ok(agent.effects.some((effect) => effect.type === 'destroy' && effect.containerId === id))
  agent.take()
  agent.launched(id)
  assert.ok(
    agent.effects.some((effect) => effect.type === 'destroy'),
    'one that came up all the same is destroyed',
  )
  assert.deepEqual(agent.sent(), [])
})

test('the end of a launch waits for the disk as the launch does, and so comes after it', () => {
  const agent = BenchAgent.registered()
  const run_task = { framework_info: frameworkInfo(), task: taskInfo('t') }
  const launching = step(agent.state, { type: 'master', message: { type: 'RUN_TASK', run_task } }, agent.now)
  const kill_task = { framework_id: { value: FRAMEWORK_ID }, task_id: { value: 't' } }
  const killing = step(agent.state, { type: 'master', message: { type: 'KILL_TASK', kill_task } }, agent.now)
  const waits = [...launching, ...killing].filter(({ type }) => type === 'launch' || type === 'destroy')
  assert.deepEqual(
    waits.map((effect) => [effect.type, 'after' in effect && effect.after !== undefined]),
    [
      ['launch', true],
      ['destroy', true],
    ],
  )
})

test('an agent that comes back while the end of a task is being written tells of it only once it is on disk', () => {
  const agent = BenchAgent.registered()
  const containerId = agent.run(taskInfo('t'))
  agent.launched(containerId)
  agent.drain()
  step(agent.state, { type: 'ended', containerId, end: { exitCode: 0 } }, agent.now)
  step(agent.state, { type: 'link-down', reason: 'test' }, agent.now)
  step(agent.state, { type: 'link-up' }, agent.now)
  const effects = step(agent.state, { type: 'timer', key: 'registration' }, agent.now)
  const [send] = effects.filter(({ type }) => type === 'send')
  assert.ok(send?.type === 'send')
  assert.deepEqual(
    send.message.reregister?.tasks?.map((task) => task.latest_state),
    ['TASK_FINISHED'],
  )
  assert.notEqual(send.after, undefined)
})

test('[mesos 95] a kill sends SIGTERM, then SIGKILL when the grace is over; later kills only shorten it', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.launched(id)
  agent.take()
  agent.kill('t', 10_000)
  agent.kill('t', 60_000)
  agent.advance(2000)
  agent.kill('t', 4000)
  assert.deepEqual(agent.signals(), ['SIGTERM'])
  agent.advance(1999)
  assert.deepEqual(agent.signals(), ['SIGTERM'])
  agent.advance(1)
  assert.deepEqual(agent.signals(), ['SIGTERM', 'SIGKILL'])
  agent.ended(id, { signal: 9 })
  assert.deepEqual(agent.drain(), [])
  agent.advance(10_000)
  assert.deepEqual(agent.drain(), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'])
})

test('[mesos 96] a task that exits with 0 after a kill is KILLED, after KILLING', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.launched(id)
  agent.kill('t')
  agent.ended(id, { exitCode: 0 })
  assert.deepEqual(agent.drain(), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'])
})

test('[mesos 96] frameworks without TASK_KILLING_STATE never see KILLING', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'), frameworkInfo({ capabilities: [{ type: 'MULTI_ROLE' }] }))
  agent.launched(id)
  agent.kill('t')
  agent.ended(id, { signal: 15 })
  assert.deepEqual(agent.drain(), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLED'])
})

test('[mesos 100] a kill of a task that nobody holds is answered DROPPED, or LOST to older frameworks', () => {
  for (const [capabilities, state] of [
    [[{ type: 'PARTITION_AWARE' as const }], 'TASK_DROPPED'],
    [[], 'TASK_LOST'],
  ] as const) {
    const agent = BenchAgent.registered()
    agent.run(taskInfo('other'), frameworkInfo({ capabilities: [...capabilities] }))
    agent.take()
    agent.kill('nobody')
    assert.deepEqual(
      agent.sent().map((status) => [status.state, status.message]),
      [[state, 'Cannot find executor']],
    )
  }
})

test('a command task whose id is in use is refused and the first one goes on', () => {
  const agent = BenchAgent.registered()
  agent.launched(agent.run(taskInfo('t')))
  agent.take()
  agent.run(taskInfo('t'))
  assert.deepEqual(agent.launchedIds(), [])
  assert.equal(agent.state.frameworks.get(FRAMEWORK_ID)?.executors.get('t')?.tasks.get('t')?.state, 'TASK_RUNNING')
})

test('a launch that fails tells why', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.input({ type: 'launch-failed', containerId: id, message: 'no such user' })
  const [status] = agent.sent()
  assert.deepEqual([status?.state, status?.reason], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED'])
  assert.equal(status?.message, 'Failed to launch container: no such user')
})

test('a framework that is shut down gets no more updates, and leaves when its tasks have ended', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t'))
  agent.launched(id)
  agent.take()
  agent.master({ type: 'SHUTDOWN_FRAMEWORK', shutdown_framework: { framework_id: { value: FRAMEWORK_ID } } })
  assert.deepEqual(agent.signals(), ['SIGTERM'])
  agent.ended(id, { signal: 15 })
  assert.deepEqual(agent.sent(), [])
  assert.equal(agent.state.frameworks.size, 0)
  assert.equal(agent.state.completedFrameworks.length, 1)
})

test('[mesos 92] one member of a group fails, the others are killed; a finished one harms nobody', () => {
  const agent = BenchAgent.registered()
  const executor = { type: 'DEFAULT' as const, executor_id: { value: 'pod' }, resources: [scalar('cpus', 0.1)] }
  const tasks = [taskInfo('a'), taskInfo('b'), taskInfo('c')]
  agent.master({
    type: 'RUN_TASK_GROUP',
    run_task_group: { framework_info: frameworkInfo(), executor, task_group: { tasks }, launch_executor: true },
  })
  const [a = '', b = '', c = ''] = agent.launchedIds()
  for (const id of [a, b, c]) agent.launched(id)
  agent.take()
  agent.ended(c)
  assert.deepEqual(agent.signals(), [])
  agent.ended(b, { exitCode: 1 })
  assert.deepEqual(agent.signals(), ['SIGTERM'])
  agent.ended(a, { signal: 15 })
  const exited = agent.effects.find((effect) => effect.type === 'send' && effect.message.type === 'EXECUTOR_EXITED')
  assert.ok(exited !== undefined)
})

test('[mesos 119] health: failures within the grace do not count, the third one after it kills', () => {
  const agent = BenchAgent.registered()
  const health_check = {
    type: 'TCP' as const,
    tcp: { port: 1 },
    delay_seconds: 1,
    interval_seconds: 1,
    grace_period_seconds: 3,
    consecutive_failures: 3,
  }
  const id = agent.run(taskInfo('t', { health_check }))
  agent.launched(id)
  agent.take()
  const attempts: number[] = []
  for (let second = 1; second <= 10 && agent.signals().length === 0; second++) {
    agent.advance(1000)
    for (const effect of agent.effects.splice(0)) {
      if (effect.type !== 'run-check') continue
      attempts.push(second)
      agent.input({
        type: 'check-result',
        containerId: id,
        token: effect.token,
        result: { type: 'tcp', succeeded: false },
      })
    }
  }
  assert.deepEqual(attempts, [1, 2, 3, 4, 5])
  agent.ended(id, { signal: 15 })
  const task = agent.state.frameworks.get(FRAMEWORK_ID)?.executors.get('t')?.tasks.get('t')
  assert.deepEqual(task?.statuses.map((status) => [status.state, status.healthy]).slice(-2), [
    ['TASK_KILLING', false],
    ['TASK_KILLED', false],
  ])
})

test('an attempt that outlives its checker changes nothing', () => {
  const agent = BenchAgent.registered()
  const health_check = { type: 'TCP' as const, tcp: { port: 1 }, delay_seconds: 0 }
  const id = agent.run(taskInfo('t', { health_check }))
  agent.launched(id)
  agent.advance(0)
  const check = agent.effects.find((effect) => effect.type === 'run-check')
  agent.kill('t')
  agent.take()
  assert.ok(check?.type === 'run-check')
  agent.input({ type: 'check-result', containerId: id, token: check.token, result: { type: 'tcp', succeeded: true } })
  assert.deepEqual(agent.take(), [])
})

test('the agent looks for another master when its own does not ping in time', () => {
  const agent = BenchAgent.registered()
  agent.advance(74_999)
  agent.master({ type: 'PING', ping: { connected: true } })
  agent.take()
  agent.advance(74_999)
  assert.ok(!agent.effects.some((effect) => effect.type === 'reconnect'))
  agent.advance(1)
  assert.ok(agent.effects.some((effect) => effect.type === 'reconnect'))
})

test('a ping that says disconnected makes the agent register again', () => {
  const agent = BenchAgent.registered()
  agent.master({ type: 'PING', ping: { connected: false } })
  agent.advance(1000)
  const types = agent.effects.map((effect) => (effect.type === 'send' ? effect.message.type : ''))
  assert.deepEqual(types.filter(Boolean), ['PONG', 'REREGISTER'])
})

test('[mesos 89] reservations and volumes change the total, survive a restart and are told until acknowledged', () => {
  const agent = BenchAgent.registered()
  const reserved = { ...scalar('disk', 64), reservations: [{ type: 'DYNAMIC' as const, role: 'r', principal: 'p' }] }
  const volume = {
    ...reserved,
    disk: { persistence: { id: 'v' }, volume: { container_path: 'data', mode: 'RW' as const } },
  }
  const operate = (number: number, operation: { type: 'RESERVE' | 'CREATE' } & Record<string, unknown>): void =>
    agent.master({
      type: 'APPLY_OPERATION',
      apply_operation: { operation, operation_uuid: { value: new Uint8Array(16).fill(number) } },
    })
  operate(1, { type: 'RESERVE', reserve: { resources: [reserved] } })
  operate(2, { type: 'CREATE', create: { volumes: [volume] } })
  const path = '/w/volumes/roles/r/v'
  assert.ok(agent.effects.some((effect) => effect.type === 'make-volume' && effect.path === path))
  const again = agent.restarted([])
  assert.equal(again.state.total.toString(), agent.state.total.toString())
  again.take()
  again.reregister()
  const told = again.effects.filter((effect) => effect.type === 'send' && effect.message.type === 'OPERATION_STATUS')
  assert.equal(told.length, 2)
})

test('resources that an operation did not bring are refused with their reason', () => {
  const agent = BenchAgent.registered()
  const reserved = { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC' as const, role: 'r' }] }
  agent.run(taskInfo('t', { resources: [reserved] }))
  assert.deepEqual(
    agent.sent().map((status) => status.reason),
    ['REASON_RESOURCES_UNKNOWN'],
  )
})

test('[mesos 14] [mesos 15] a draining agent kills what runs with the shorter grace and takes nothing new until it is idle', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t', { kill_policy: { grace_period: { nanoseconds: 60e9 } } }))
  agent.launched(id)
  agent.take()
  agent.master({ type: 'DRAIN', drain: { config: { max_grace_period: { nanoseconds: 1e9 } } } })
  assert.deepEqual(agent.signals(), ['SIGTERM'])
  agent.advance(1000)
  assert.deepEqual(agent.signals(), ['SIGTERM', 'SIGKILL'])
  agent.run(taskInfo('new'))
  assert.deepEqual(agent.launchedIds(), [])
  agent.ended(id, { signal: 9 })
  agent.take()
  agent.reregister()
  assert.ok(agent.drain().includes('TASK_KILLED'))
  assert.equal(agent.state.drain, undefined)
})

test('[mesos 14] [mesos 15] a restarted agent drains on, and shows the order and when it came', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t', { kill_policy: { grace_period: { nanoseconds: 60e9 } } }))
  agent.launched(id)
  agent.take()
  const config = { max_grace_period: { nanoseconds: 30e9 }, mark_gone: false }
  const startedAt = agent.now
  agent.master({ type: 'DRAIN', drain: { config } })
  const next = agent.restarted([id])
  const shown = getAgent(next.state)
  assert.equal(shown.drain_config?.max_grace_period?.nanoseconds?.toString(), '30000000000')
  assert.equal(shown.estimated_drain_start_time?.nanoseconds, BigInt(startedAt) * 1_000_000n)
  assert.equal(stateView(next.state, openAccess).estimated_drain_start_time_seconds, startedAt / 1000)
  next.reregister()
  next.run(taskInfo('new'))
  assert.deepEqual(next.launchedIds(), [])
})
