/** `node --test examples/batch/batch.component.test.ts` */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { TaskError } from '@thermosphere/sdk'
import { startCluster } from '@thermosphere/simulation'
import type { Cluster } from '@thermosphere/simulation'
import { runBatch } from './batch.ts'

let cluster: Cluster

beforeEach(async () => {
  cluster = await startCluster({ agents: 2, resources: 'cpus:0.4;mem:256;disk:256' })
})
afterEach(() => cluster.close())

test('more inputs than the cluster has room for are worked off, and nothing of the batch is left', async () => {
  const inputs = ['1-10', '1-100', '1-1000', '1-10000', '10-20', '100-200', '0-1', '2-2']
  const results = await runBatch({ masters: cluster.masters, inputs })
  const counts = inputs.map((input) => results.get(input))
  assert.deepEqual(counts, [4, 25, 168, 1229, 4, 21, 0, 1])
  await cluster.waitFor(async () => (await cluster.state()).frameworks.length === 0, { what: 'the framework is gone' })
})

test('an input that fails each time ends the batch with its message', async () => {
  const run = runBatch({ masters: cluster.masters, inputs: ['1-10', 'one to ten'] })
  await assert.rejects(run, (error: unknown) => {
    assert.ok(error instanceof TaskError)
    assert.equal(error.status.state, 'TASK_FAILED')
    assert.match(error.message, /'one to ten' is not a range/)
    return true
  })
  const state = (await (await fetch(`${cluster.url('master')}/state`)).json()) as {
    completed_frameworks: { completed_tasks: { name: string; state: string }[] }[]
  }
  const tasks = state.completed_frameworks.flatMap(({ completed_tasks }) => completed_tasks)
  const attempts = tasks.filter(({ name }) => name === 'one to ten')
  assert.deepEqual(
    attempts.map((task) => task.state),
    ['TASK_FAILED', 'TASK_FAILED', 'TASK_FAILED'],
  )
})
