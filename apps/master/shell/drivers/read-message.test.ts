import { encodeProtobuf } from '@thermosphere/protocol'
import type { scheduler, WireName, WireTypes } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readMessage } from './read-message.ts'
import type { Asked } from './read-message.ts'

type Sample = { [Name in WireName]: readonly [Name, WireTypes[Name], Asked] }[WireName]

const framework_id = { value: 'F' }
const agent_id = { value: 'S' }
const task_id = { value: 'T' }
const executor_id = { value: 'E' }
const offer_ids = [{ value: 'O' }]
const filters = { refuse_seconds: 3 }
const framework = { user: 'u', name: 'n', id: framework_id }
const data = Uint8Array.of(1)
const task = { name: 't', task_id, agent_id }
const call = (asked: scheduler.Call): Asked => ({ type: 'call', call: { framework_id, ...asked } })

const samples: readonly Sample[] = [
  [
    'mesos.internal.ReregisterFrameworkMessage',
    { framework, failover: true },
    { type: 'subscribe', subscribe: { framework_info: framework }, force: true },
  ],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'SUBSCRIBE', subscribe: { framework_info: framework, suppressed_roles: ['*'] } },
    { type: 'subscribe', subscribe: { framework_info: framework, suppressed_roles: ['*'] }, force: false },
  ],
  ['mesos.scheduler.Call', { framework_id, type: 'SUPPRESS' }, call({ type: 'SUPPRESS' })],
  ['mesos.internal.UnregisterFrameworkMessage', { framework_id }, call({ type: 'TEARDOWN' })],
  ['mesos.internal.DeactivateFrameworkMessage', { framework_id }, { type: 'deactivate', frameworkId: 'F' }],
  [
    'mesos.internal.ResourceRequestMessage',
    { framework_id, requests: [{ agent_id }] },
    call({ type: 'REQUEST', request: { requests: [{ agent_id }] } }),
  ],
  [
    'mesos.internal.LaunchTasksMessage',
    { framework_id, tasks: [task], filters, offer_ids },
    call({
      type: 'ACCEPT',
      accept: { offer_ids, filters, operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }] },
    }),
  ],
  [
    'mesos.internal.LaunchTasksMessage',
    { framework_id, filters, offer_ids },
    call({ type: 'DECLINE', decline: { offer_ids, filters } }),
  ],
  ['mesos.internal.ReviveOffersMessage', { framework_id }, call({ type: 'REVIVE' })],
  [
    'mesos.internal.KillTaskMessage',
    { framework_id, task_id, kill_policy: { grace_period: { nanoseconds: 1 } } },
    call({ type: 'KILL', kill: { task_id, kill_policy: { grace_period: { nanoseconds: 1 } } } }),
  ],
  [
    'mesos.internal.StatusUpdateAcknowledgementMessage',
    { framework_id, slave_id: agent_id, task_id, uuid: data },
    call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid: data } }),
  ],
  [
    'mesos.internal.ReconcileTasksMessage',
    { framework_id, statuses: [{ task_id, agent_id, state: 'TASK_RUNNING' }] },
    call({ type: 'RECONCILE', reconcile: { tasks: [{ task_id, agent_id }] } }),
  ],
  [
    'mesos.internal.FrameworkToExecutorMessage',
    { framework_id, slave_id: agent_id, executor_id, data },
    call({ type: 'MESSAGE', message: { agent_id, executor_id, data } }),
  ],
  [
    'mesos.internal.LostSlaveMessage',
    { slave_id: agent_id },
    { type: 'dropped', reason: 'no scheduler sends this message' },
  ],
]

/** Without members that are there and undefined. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? [...part] : part)))

suite('what a driver asks for', () => {
  for (const [name, message, asked] of samples) {
    const what = asked.type === 'call' ? asked.call.type : asked.type
    test(`by ${name} is ${what}`, () => {
      assert.deepEqual(plain(readMessage(name, encodeProtobuf<WireName>(name, message))), plain(asked))
    })
  }
})
