import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, FRAMEWORK_ID, taskInfo } from '../testing/bench-agent.ts'

const framework_id = { value: FRAMEWORK_ID }
const executor_id = { value: 'mine' }

/** A custom executor that has subscribed and was given its task. */
function subscribed(change: Partial<mesos.ExecutorInfo> = {}): BenchAgent {
  const agent = BenchAgent.registered()
  const { command: _command, ...info } = taskInfo('t')
  const executor = { executor_id, framework_id, command: { value: 'x' }, ...change }
  agent.launched(agent.run({ ...info, executor }))
  const call = { type: 'SUBSCRIBE' as const, framework_id, executor_id, subscribe: {} }
  agent.input({ type: 'executor-subscribe', connectionId: 1, requestId: 1, call, claims: undefined })
  agent.take()
  return agent
}

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
