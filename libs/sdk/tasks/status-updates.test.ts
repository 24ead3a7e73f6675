import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { mesos } from '@thermosphere/protocol'
import { STATUSES_WAITING_MAX } from '../limits.ts'
import { StatusUpdates } from './status-updates.ts'

const status = (state: mesos.TaskState, uuid?: number): mesos.TaskStatus => ({
  task_id: { value: 'task' },
  state,
  ...(uuid !== undefined && { uuid: new Uint8Array(16).fill(uuid) }),
})

function record(handle: (one: mesos.TaskStatus) => Promise<void>) {
  const log: string[] = []
  const updates = new StatusUpdates({
    handle: async (one) => {
      log.push(`handle ${one.state}`)
      await handle(one)
    },
    acknowledge: ({ state }) => log.push(`acknowledge ${state}`),
    onHandled: ({ state }) => log.push(`handled ${state}`),
    onFailed: ({ state }) => log.push(`failed ${state}`),
  })
  return { updates, log }
}

suite('updates of a task', () => {
  test('U2: are acknowledged last, and not when the handler rejects', async () => {
    const { updates, log } = record(({ state }) => (state === 'TASK_LOST' ? Promise.reject(new Error()) : nextTurn()))
    for (const [index, state] of (['TASK_RUNNING', 'TASK_LOST', 'TASK_FAILED'] as const).entries())
      updates.receive(status(state, index))
    await updates.settled()
    const [running, lost, failed] = ['TASK_RUNNING', 'TASK_LOST', 'TASK_FAILED']
    assert.deepEqual(log, [
      ...[`handle ${running}`, `handled ${running}`, `acknowledge ${running}`],
      ...[`handle ${lost}`, `failed ${lost}`],
      ...[`handle ${failed}`, `handled ${failed}`, `acknowledge ${failed}`],
    ])
  })

  test('U3: are handled once, however often they come', async () => {
    const { updates, log } = record(() => nextTurn())
    for (let times = 0; times < 3; times++) updates.receive(status('TASK_RUNNING', 1))
    await updates.settled()
    updates.receive(status('TASK_RUNNING', 1))
    assert.deepEqual(log, [
      'handle TASK_RUNNING',
      'handled TASK_RUNNING',
      'acknowledge TASK_RUNNING',
      'acknowledge TASK_RUNNING',
    ])
  })

  test('that were not handled are handled when they come again', async () => {
    let isBroken = true
    const { updates, log } = record(() => (isBroken ? Promise.reject(new Error()) : Promise.resolve()))
    updates.receive(status('TASK_RUNNING', 1))
    await updates.settled()
    isBroken = false
    updates.receive(status('TASK_RUNNING', 1))
    await updates.settled()
    assert.deepEqual(log.slice(2), ['handle TASK_RUNNING', 'handled TASK_RUNNING', 'acknowledge TASK_RUNNING'])
  })

  test('that answer reconciliation do not pile up before a slow handler, and the newest is handled', async () => {
    const gate = Promise.withResolvers<void>()
    const { updates, log } = record(() => gate.promise)
    updates.receive(status('TASK_STARTING', 1))
    for (let times = 0; times < 100; times++) updates.receive(status('TASK_STAGING'))
    updates.receive(status('TASK_RUNNING', 2))
    updates.receive(status('TASK_UNREACHABLE'))
    gate.resolve()
    await updates.settled()
    const handled = log.filter((line) => line.startsWith('handled'))
    assert.equal(handled.length, STATUSES_WAITING_MAX + 2)
    assert.deepEqual(handled.slice(-2), ['handled TASK_RUNNING', 'handled TASK_UNREACHABLE'])
  })
})
