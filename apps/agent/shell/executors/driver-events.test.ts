import { decodeProtobuf } from '@thermosphere/protocol'
import type { executor, WireName } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeDriverEvent } from './driver-events.ts'

const framework_id = { value: 'f' }
const executor_id = { value: 'e' }
const agent_id = { value: 's' }
const task_id = { value: 't' }
const ids = { frameworkId: framework_id, executorId: executor_id }
const subscribed: executor.Event_Subscribed = {
  executor_info: { executor_id, framework_id, command: { value: 'x' } },
  framework_info: { user: 'u', name: 'n', id: framework_id },
  agent_info: { hostname: 'h', port: 5051, id: agent_id },
}
const { executor_info, framework_info, agent_info } = subscribed
const task = { name: 't', task_id, agent_id }
const data = Uint8Array.of(1)
const uuid = new Uint8Array(16)
const kill_policy = { grace_period: { nanoseconds: 1e9 } }

const told = (event: executor.Event, { isReturning = false, isKnown = true } = {}): unknown => {
  const message = encodeDriverEvent(event, { ...ids, isReturning, subscribed: isKnown ? subscribed : undefined })
  return (
    message && [message.name.replace('mesos.internal.', ''), decodeProtobuf(message.name as WireName, message.body)]
  )
}

const registered = { executor_info, framework_id, framework_info, slave_id: agent_id, slave_info: agent_info }
const cases: readonly (readonly [executor.Event, string, object])[] = [
  [{ type: 'SUBSCRIBED', subscribed }, 'ExecutorRegisteredMessage', registered],
  [{ type: 'LAUNCH', launch: { task } }, 'RunTaskMessage', { framework_id, framework: framework_info, pid: '', task }],
  [{ type: 'KILL', kill: { task_id, kill_policy } }, 'KillTaskMessage', { framework_id, task_id, kill_policy }],
  [
    { type: 'ACKNOWLEDGED', acknowledged: { task_id, uuid } },
    'StatusUpdateAcknowledgementMessage',
    { slave_id: agent_id, framework_id, task_id, uuid },
  ],
  [
    { type: 'MESSAGE', message: { data } },
    'FrameworkToExecutorMessage',
    { slave_id: agent_id, framework_id, executor_id, data },
  ],
  [{ type: 'SHUTDOWN' }, 'ShutdownExecutorMessage', { framework_id, executor_id }],
]

suite('events for drivers', () => {
  for (const [event, name, value] of cases) {
    test(`[mesos 112] ${event.type} is ${name}`, () => assert.deepEqual(told(event), [name, value]))
  }

  test('[mesos 112] who was asked to reconnect is told that it is registered again', () => {
    const message = { slave_id: agent_id, slave_info: agent_info }
    assert.deepEqual(told({ type: 'SUBSCRIBED', subscribed }, { isReturning: true }), [
      'ExecutorReregisteredMessage',
      message,
    ])
  })

  test('[mesos 112] who was never registered is told to shut down, and nothing else', () => {
    for (const [event, name] of cases.slice(1)) {
      const isTold = told(event, { isKnown: false }) !== undefined
      assert.equal(isTold, event.type === 'SHUTDOWN', name)
    }
    assert.equal(told({ type: 'HEARTBEAT' }), undefined)
  })
})
