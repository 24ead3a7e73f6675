import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, FRAMEWORK_ID, taskInfo } from '../testing/bench-agent.ts'

const framework_id = { value: FRAMEWORK_ID }
const executor_id = { value: 'mine' }

function onExecutor(taskId: string, change: Partial<mesos.ExecutorInfo> = {}): mesos.TaskInfo {
  const { command: _command, ...info } = taskInfo(taskId)
  return { ...info, executor: { executor_id, framework_id, command: { value: 'x' }, ...change } }
}

function subscribe(agent: BenchAgent, known: readonly mesos.TaskInfo[] = []): void {
  const unacknowledged_tasks = [...known]
  const call = { type: 'SUBSCRIBE' as const, framework_id, executor_id, subscribe: { unacknowledged_tasks } }
  agent.input({ type: 'executor-subscribe', connectionId: 1, requestId: 1, call, claims: undefined })
}

function update(agent: BenchAgent, taskId: string, state: mesos.TaskState): void {
  const status = { task_id: { value: taskId }, state, uuid: agent.state.random.bytes(16) }
  const call = { type: 'UPDATE' as const, framework_id, executor_id, update: { status } }
  agent.input({ type: 'executor-call', requestId: 2, call, claims: undefined })
}

/** A custom executor that has subscribed and was given its task. */
function subscribed(change: Partial<mesos.ExecutorInfo> = {}): BenchAgent {
  const agent = BenchAgent.registered()
  agent.launched(agent.run(onExecutor('t', change)))
  subscribe(agent)
  agent.take()
  return agent
}

const exits = (agent: BenchAgent) =>
  agent.take().flatMap((effect) => {
    const exited = effect.type === 'send' ? effect.message.executor_exited : undefined
    return exited === undefined ? [] : [[exited.executor_id.value, exited.status]]
  })

const done = (agent: BenchAgent) =>
  agent.take().flatMap((effect) => {
    if (effect.type === 'executor-event') return [effect.event.type]
    return effect.type === 'destroy' ? [effect.type] : []
  })

suite('the shutdown of a custom executor', () => {
  for (const [title, change, graceMs] of [
    ["the agent's grace", {}, 5000],
    ['a grace of its own', { shutdown_grace_period: { nanoseconds: 20e9 } }, 20_000],
  ] as const) {
    test(`[mesos 115] after ${title} the container of an executor that was told to shut down is destroyed`, () => {
      const agent = subscribed(change)
      agent.master({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: { framework_id, executor_id } })
      assert.deepEqual(done(agent), ['SHUTDOWN'])
      agent.advance(graceMs - 1)
      assert.deepEqual(done(agent), [])
      agent.advance(1)
      assert.deepEqual(done(agent), ['destroy'])
    })
  }

  test('[mesos 115] one that ends within its grace is not destroyed', () => {
    const agent = subscribed()
    const [containerId = ''] = agent.state.containers.keys()
    agent.master({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: { framework_id, executor_id } })
    agent.ended(containerId)
    agent.take()
    agent.advance(60_000)
    assert.deepEqual(done(agent), [])
  })
})

test('an executor that was shut down before its container was there is destroyed once it is', () => {
  const agent = BenchAgent.registered()
  const container = agent.run(onExecutor('t'))
  agent.master({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: { framework_id, executor_id } })
  agent.advance(0)
  assert.deepEqual(done(agent), ['destroy'])
  agent.launched(container)
  assert.deepEqual(done(agent), ['destroy'])
})

suite('an executor that is not launched after all', () => {
  test('is told as exited, for the master holds its resources', () => {
    const agent = BenchAgent.registered()
    agent.master({ type: 'DRAIN', drain: { config: { mark_gone: true } } })
    agent.run(onExecutor('t'))
    assert.deepEqual(exits(agent), [['mine', -1]])
  })

  test('is told so also if one of its name has ended and still owes updates', () => {
    const agent = BenchAgent.registered()
    const container = agent.run(onExecutor('t'))
    agent.input({ type: 'launch-failed', containerId: container, message: 'no image' })
    assert.deepEqual(exits(agent), [['mine', -1]])
    agent.run(onExecutor('u'))
    assert.deepEqual(exits(agent), [['mine', -1]])
  })

  test('is not told so while one of its name runs, which will tell of its end, nor for a command', () => {
    const agent = subscribed()
    agent.run(onExecutor('u'))
    agent.master({ type: 'DRAIN', drain: { config: { mark_gone: true } } })
    agent.run(taskInfo('v'))
    assert.deepEqual(exits(agent), [])
  })
})

suite('the executors of an agent that drains', () => {
  const drain = (agent: BenchAgent): void => agent.master({ type: 'DRAIN', drain: { config: {} } })

  test('are shut down once they have nothing to run, or the agent would take no tasks as long as they stay', () => {
    const agent = subscribed()
    drain(agent)
    assert.deepEqual(done(agent), ['KILL'])
    update(agent, 't', 'TASK_KILLED')
    const [status] = agent.sent()
    assert.deepEqual(done(agent), ['ACKNOWLEDGED', 'SHUTDOWN'])
    agent.advance(5000)
    assert.deepEqual(done(agent), ['destroy'])
    const [container = ''] = agent.state.containers.keys()
    agent.ended(container, { signal: 9 })
    assert.ok(status !== undefined)
    agent.acknowledge(status)
    assert.equal(agent.state.drain, undefined)
  })

  test('are told to kill what they run when they come back, if they were away when the order came', () => {
    const agent = subscribed()
    agent.input({ type: 'executor-gone', connectionId: 1 })
    drain(agent)
    assert.deepEqual(done(agent), [])
    subscribe(agent, [onExecutor('t')])
    assert.deepEqual(done(agent), ['SUBSCRIBED', 'KILL'])
  })

  test('are told so by an agent that was restarted meanwhile as well', () => {
    const agent = subscribed()
    const [container = ''] = agent.state.containers.keys()
    update(agent, 't', 'TASK_RUNNING')
    drain(agent)
    const next = agent.restarted([container])
    subscribe(next, [onExecutor('t')])
    assert.deepEqual(done(next), ['SUBSCRIBED', 'KILL'])
  })
})
