import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, FRAMEWORK_ID, frameworkInfo, scalar, taskInfo, testConfig } from '../testing/bench-agent.ts'
import { metricsView } from '../views/metrics-view.ts'

const config = testConfig({ loadThresholds: { fiveMinutes: 2, fifteenMinutes: 1, intervalMs: 20_000 } })
const resources = [{ ...scalar('cpus', 1), revocable: {} }, scalar('mem', 32)]
const overload = { type: 'load', fiveMinutes: 2.5, fifteenMinutes: 0.5 } as const
const older = frameworkInfo({ capabilities: [{ type: 'MULTI_ROLE' }] })

const message = 'Container preempted by QoS correction'
const preempted = (state: mesos.TaskState) => [state, 'REASON_CONTAINER_PREEMPTED', message, 'SOURCE_AGENT']

/** Acknowledges all there is to acknowledge; the last word of each task. */
function ends(agent: BenchAgent): Record<string, unknown[]> {
  const last: Record<string, unknown[]> = {}
  for (;;) {
    const sent = agent.sent()
    agent.effects = agent.effects.filter((effect) => effect.type !== 'send')
    if (sent.length === 0) return last
    for (const status of sent) {
      const { task_id, state, reason, message, source } = status
      last[task_id.value] = [state, reason, message, source]
      agent.acknowledge(status)
    }
  }
}

const preemptedCount = (agent: BenchAgent) => metricsView(agent.state, agent.now)['slave/executors_preempted']

suite('under too much load', () => {
  test('[mesos 231] the load is read at the interval, and compared with each threshold', () => {
    const agent = BenchAgent.registered({ config })
    agent.advance(60_000)
    const reads = agent.take().filter(({ type }) => type === 'read-load')
    assert.equal(reads.length, 3)
    agent.launched(agent.run(taskInfo('t', { resources })))
    agent.input({ type: 'load', fiveMinutes: 2, fifteenMinutes: 1 })
    assert.deepEqual(agent.signals(), [])
    agent.input({ type: 'load', fiveMinutes: 2, fifteenMinutes: 1.01 })
    assert.deepEqual(agent.signals(), ['SIGKILL'])
  })

  for (const [who, framework, state] of [
    ['who knows partitions', frameworkInfo(), 'TASK_GONE'],
    ['others', older, 'TASK_LOST'],
  ] as const) {
    test(`[mesos 231] [mesos 100] a command task on revocable resources is killed at once: ${state} for ${who}`, () => {
      const agent = BenchAgent.registered({ config })
      const id = agent.run(
        taskInfo('t', { resources, kill_policy: { grace_period: { nanoseconds: 60e9 } } }),
        framework,
      )
      agent.launched(id)
      agent.launched(agent.run(taskInfo('firm'), framework), 101)
      agent.input(overload)
      assert.deepEqual(agent.signals(), ['SIGKILL'])
      agent.input(overload)
      assert.equal(preemptedCount(agent), 1)
      agent.ended(id, { signal: 9 })
      const last = ends(agent)
      assert.deepEqual(last['t'], preempted(state))
      assert.equal(last['firm']?.[0], 'TASK_RUNNING')
    })
  }

  test('[mesos 231] a restart in between forgets nothing', () => {
    const agent = BenchAgent.registered({ config })
    const id = agent.run(taskInfo('t', { resources }))
    agent.launched(id)
    agent.input(overload)
    const again = agent.restarted([id])
    again.reregister()
    again.advance(1000)
    assert.ok(again.signals().includes('SIGKILL'))
    again.ended(id, { signal: 9 })
    assert.deepEqual(ends(again)['t'], preempted('TASK_GONE'))
  })

  test('[mesos 231] all members of a group go, also one that is only being launched', () => {
    const agent = BenchAgent.registered({ config })
    const executor = { executor_id: { value: 'pod' }, type: 'DEFAULT' as const, resources: [scalar('cpus', 0.1)] }
    const tasks = [taskInfo('a', { resources }), taskInfo('b')]
    agent.master({
      type: 'RUN_TASK_GROUP',
      run_task_group: { framework_info: frameworkInfo(), executor, task_group: { tasks }, launch_executor: true },
    })
    const [a = '', b = ''] = agent.launchedIds()
    agent.launched(a)
    agent.input(overload)
    assert.deepEqual(agent.signals(), ['SIGKILL'])
    assert.ok(agent.effects.some((effect) => effect.type === 'destroy' && effect.containerId === b))
    agent.ended(a, { signal: 9 })
    assert.deepEqual(ends(agent), { a: preempted('TASK_GONE'), b: preempted('TASK_GONE') })
    assert.equal(agent.state.frameworks.size, 0)
  })

  test('[mesos 231] the container of a custom executor is destroyed, and its tasks are told why', () => {
    const agent = BenchAgent.registered({ config })
    const framework_id = { value: FRAMEWORK_ID }
    const executor_id = { value: 'mine' }
    const { command: _command, ...info } = taskInfo('t', { resources })
    const id = agent.run({ ...info, executor: { executor_id, framework_id, command: { value: 'x' } } })
    agent.launched(id)
    const call = { type: 'SUBSCRIBE' as const, framework_id, executor_id, subscribe: {} }
    agent.input({ type: 'executor-subscribe', connectionId: 1, requestId: 1, call, claims: undefined })
    agent.take()
    agent.input(overload)
    assert.ok(agent.effects.some((effect) => effect.type === 'destroy' && effect.containerId === id))
    agent.ended(id, { signal: 9 })
    assert.deepEqual(ends(agent)['t'], preempted('TASK_GONE'))
    assert.equal(preemptedCount(agent), 1)
  })
})
