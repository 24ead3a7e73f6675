import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { STATUSES_UNREAD_MAX } from '../limits.ts'
import { TrackedTask } from './task.ts'

const newTask = (): TrackedTask => new TrackedTask({ id: 'task', agentId: undefined, kill: () => undefined })
const status = (state: mesos.TaskState, rest: Partial<mesos.TaskStatus> = {}): mesos.TaskStatus => ({
  task_id: { value: 'task' },
  state,
  ...rest,
})

async function statesOf(task: TrackedTask): Promise<string[]> {
  const states: string[] = []
  for await (const { state } of task) states.push(state)
  return states
}

suite('a task', () => {
  test('has run although it ended before anybody asked', async () => {
    const task = newTask()
    for (const state of ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'] as const) task.observe(status(state))
    assert.equal((await task.running()).state, 'TASK_RUNNING')
    assert.equal((await task.finished()).state, 'TASK_FINISHED')
    assert.deepEqual(await statesOf(task), ['TASK_FINISHED'])
  })

  test('that never ran says why', async () => {
    const task = newTask()
    task.observe(status('TASK_DROPPED', { reason: 'REASON_INVALID_OFFERS', message: 'Agent removed' }))
    await assert.rejects(task.running(), {
      message: 'task task ended as TASK_DROPPED (REASON_INVALID_OFFERS: Agent removed)',
    })
    assert.equal(task.hasEnded, true)
  })

  test('that the master repeats is told of once, and a change of health is told of', async () => {
    const task = newTask()
    const states = statesOf(task)
    task.observe(status('TASK_RUNNING', { uuid: new Uint8Array(16) }))
    task.observe(status('TASK_RUNNING', { reason: 'REASON_RECONCILIATION' }))
    task.observe(status('TASK_RUNNING', { uuid: new Uint8Array(16).fill(1), healthy: true }))
    task.observe(status('TASK_UNREACHABLE'))
    task.observe(status('TASK_RUNNING', { reason: 'REASON_AGENT_REREGISTERED' }))
    task.observe(status('TASK_KILLED'))
    assert.deepEqual(await states, ['TASK_RUNNING', 'TASK_RUNNING', 'TASK_UNREACHABLE', 'TASK_RUNNING', 'TASK_KILLED'])
  })

  test('keeps the newest states for a reader who is slow', async () => {
    const task = newTask()
    const reader = task[Symbol.asyncIterator]()
    for (let index = 0; index < 1_000; index++)
      task.observe(status(index % 2 === 0 ? 'TASK_RUNNING' : 'TASK_UNREACHABLE'))
    task.observe(status('TASK_KILLED'))
    const states: string[] = []
    for (let one = await reader.next(); one.done !== true; one = await reader.next()) states.push(one.value.state)
    assert.equal(states.length, STATUSES_UNREAD_MAX)
    assert.equal(states.at(-1), 'TASK_KILLED')
  })

  test('of a framework that has ended fails whoever waits or asks later', async () => {
    const task = newTask()
    const states = statesOf(task)
    task.abandon(new Error('closed'))
    for (const promise of [states, task.running(), task.finished(), task.kill(), statesOf(task)])
      await assert.rejects(promise, { message: 'closed' })
  })
})
