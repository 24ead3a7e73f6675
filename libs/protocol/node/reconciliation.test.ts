import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from './testing/fake-server.ts'
import { createBackoff } from './dialing/index.ts'
import { Reconciliation } from './reconciliation.ts'

const task = (id: string) => ({ task_id: { value: id } })
const update = (id: string) => ({ ...task(id), state: 'TASK_RUNNING' }) as const

suite('a reconciliation', () => {
  test('asks again for the tasks without an answer until there are none', async () => {
    const asked: string[][] = []
    let isDone = false
    const reconciliation = new Reconciliation({
      minMs: 10,
      maxMs: 20,
      random: () => 0,
      send: async (tasks) => void asked.push(tasks.map(({ task_id }) => task_id.value)),
      onDone: () => (isDone = true),
    })
    reconciliation.start([task('a'), task('b')])
    reconciliation.observe(update('a'))
    await eventually('a second round', () => asked.length === 2)
    assert.deepEqual(asked, [['a', 'b'], ['b']])
    assert.equal(reconciliation.pendingCount, 1)
    reconciliation.observe(update('other'))
    assert.equal(isDone, false)
    reconciliation.observe(update('b'))
    assert.equal(isDone, true)
    reconciliation.observe(update('b'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(asked.length, 2)
  })

  test('goes on after a call that failed, and stops when closed', async () => {
    let count = 0
    const failures: unknown[] = []
    const reconciliation = new Reconciliation({
      minMs: 5,
      maxMs: 5,
      send: () => {
        count += 1
        return Promise.reject(new Error('not subscribed'))
      },
      onFailure: (error) => failures.push(error),
    })
    reconciliation.start([task('a')])
    await eventually('three rounds', () => count >= 3)
    reconciliation.close()
    const before = count
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.equal(count, before)
    assert.equal(failures.length, count)
  })
})

suite('the backoff', () => {
  test('doubles its bound up to the maximum, draws below it, and starts over', () => {
    const backoff = createBackoff({ minMs: 100, maxMs: 1000, random: () => 0.5 })
    const delays = Array.from({ length: 6 }, () => backoff.next())
    assert.deepEqual(delays, [50, 100, 200, 400, 500, 500])
    backoff.reset()
    assert.equal(backoff.next(), 50)
  })
})
