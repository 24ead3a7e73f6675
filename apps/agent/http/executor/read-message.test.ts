import { createRandom } from '@thermosphere/effects'
import { encodeProtobuf } from '@thermosphere/protocol'
import type { internal, mesos, WireTypes } from '@thermosphere/protocol'
import { malformedProtobuf, pick, randomMessage } from '@thermosphere/protocol/fuzz'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DriverCall } from '../../shell/executors/drivers.ts'
import { readMessage } from './read-message.ts'

const ids = { framework_id: { value: 'f' }, executor_id: { value: 'e' } }
const uuid = new Uint8Array(16).fill(7)
const names = [
  'mesos.internal.RegisterExecutorMessage',
  'mesos.internal.ReregisterExecutorMessage',
  'mesos.internal.StatusUpdateMessage',
  'mesos.internal.ExecutorToFrameworkMessage',
] as const

const read = <N extends (typeof names)[number]>(name: N, value: WireTypes[N]): DriverCall | string =>
  readMessage({ name, body: encodeProtobuf(name, value) })

const update = (
  status: Partial<mesos.TaskStatus>,
  frame: Partial<internal.StatusUpdate> = {},
): internal.StatusUpdate => ({
  ...ids,
  timestamp: 5,
  uuid,
  status: { task_id: { value: 't' }, state: 'TASK_RUNNING', ...status },
  ...frame,
})

const statusOf = (received: DriverCall | string): mesos.TaskStatus | string | undefined =>
  typeof received === 'string' ? received : received.call.update?.status

suite('messages of drivers', () => {
  test('[mesos 112] registrations stand for SUBSCRIBE', () => {
    const first = read('mesos.internal.RegisterExecutorMessage', ids)
    assert.deepEqual(first, { call: { type: 'SUBSCRIBE', ...ids, subscribe: {} }, isReturning: false })
    const task: mesos.TaskInfo = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' } }
    const short = update({}, { uuid: Uint8Array.of(1) })
    const again = read('mesos.internal.ReregisterExecutorMessage', {
      ...ids,
      tasks: [task],
      updates: [update({}), short],
    })
    assert.ok(typeof again !== 'string' && again.isReturning)
    const { unacknowledged_tasks, unacknowledged_updates = [] } = again.call.subscribe ?? {}
    assert.deepEqual(
      unacknowledged_tasks?.map(({ task_id }) => task_id.value),
      ['t'],
    )
    assert.equal(unacknowledged_updates.length, 1, 'without the malformed one')
    assert.deepEqual(unacknowledged_updates[0]?.status.uuid, uuid)
  })

  test('[mesos 112] of an update uuid, executor and source are those of its frame', () => {
    const given = { uuid: new Uint8Array(16), executor_id: { value: 'x' }, source: 'SOURCE_MASTER' as const }
    for (const status of [{}, given]) {
      assert.deepEqual(statusOf(read('mesos.internal.StatusUpdateMessage', { update: update(status) })), {
        task_id: { value: 't' },
        state: 'TASK_RUNNING',
        uuid,
        executor_id: ids.executor_id,
        source: 'SOURCE_EXECUTOR',
        timestamp: 5,
      })
    }
    const later = statusOf(read('mesos.internal.StatusUpdateMessage', { update: update({ timestamp: 9 }) }))
    assert.ok(typeof later === 'object' && later.timestamp === 9)
  })

  const refusals: readonly (readonly [string, internal.StatusUpdate, RegExp])[] = [
    ['without a uuid', update({}, { uuid: undefined }), /Expecting 'uuid' to be present/],
    ['with a short uuid', update({}, { uuid: Uint8Array.of(1) }), /Not a valid UUID/],
    ['without its executor', update({}, { executor_id: undefined }), /Expecting 'executor_id' to be present/],
    ['of TASK_STAGING', update({ state: 'TASK_STAGING' }), /TASK_STAGING from executor e of framework f/],
  ]
  for (const [what, made, reason] of refusals) {
    test(`[mesos 112] an update ${what} is refused`, () => {
      assert.match(String(read('mesos.internal.StatusUpdateMessage', { update: made })), reason)
    })
  }

  test('[mesos 112] messages of others, and bytes that are none, are refused with the reason', () => {
    const body = encodeProtobuf('mesos.internal.RegisterExecutorMessage', ids)
    assert.match(
      String(readMessage({ name: 'mesos.internal.ShutdownMessage', body })),
      /no such message from executors/,
    )
    assert.match(String(readMessage({ name: names[0], body: Buffer.from('no protobuf') })), /Wire type 6/)
  })

  test('no bytes do more than be refused', () => {
    const random = createRandom(1)
    let takenCount = 0
    const rounds = 500
    for (let round = 0; round < rounds; round++) {
      const name = pick(random, names)
      const { body } = malformedProtobuf(name, randomMessage(name, random), random)
      if (typeof readMessage({ name, body }) !== 'string') takenCount++
    }
    assert.ok(takenCount > 0 && takenCount < rounds, `${takenCount} of ${rounds} were taken`)
  })
})
