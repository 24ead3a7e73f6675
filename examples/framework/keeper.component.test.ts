/** How a framework is tested against a whole cluster: `node --test examples/framework/keeper.component.test.ts`. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { startCluster } from '@thermosphere/simulation'
import type { Cluster } from '@thermosphere/simulation'
import { Keeper } from './keeper.ts'

let cluster: Cluster
let keeper: Keeper

beforeEach(async () => {
  cluster = await startCluster({ agents: 2, clock: 'virtual', resources: 'cpus:1;mem:256;disk:256' })
  keeper = new Keeper({ masters: cluster.masters, command: 'sleep 1000', count: 2 })
  void keeper.run()
  await cluster.waitFor(() => keeper.idsIn('TASK_RUNNING').length === 2, { what: 'both tasks run' })
})
afterEach(async () => {
  await keeper.close()
  await cluster.close()
})

const agentOf = async (taskId: string): Promise<string | undefined> =>
  (await cluster.state()).tasks.find(({ id }) => id === taskId)?.agentId

test('a task whose agent is gone for good is replaced on another agent', async () => {
  const before = keeper.idsIn('TASK_RUNNING')
  await cluster.kill('agent-1')
  // The master waits ten minutes for an agent whose connection broke; here that takes seconds.
  await cluster.clock.advance('11m')
  await cluster.waitFor(() => keeper.idsIn('TASK_UNREACHABLE').length === 1, { what: 'a task is unreachable' })
  await cluster.waitFor(() => keeper.idsIn('TASK_RUNNING').length === 2, { what: 'its replacement runs' })
  const [unreachable = ''] = keeper.idsIn('TASK_UNREACHABLE')
  const [replacement = ''] = keeper.idsIn('TASK_RUNNING').filter((id) => !before.includes(id))
  assert.notEqual(await agentOf(replacement), await agentOf(unreachable))
})

test('the tasks of a framework go on when the master ends and another takes its place', async () => {
  await cluster.kill('master')
  await cluster.waitFor(() => !keeper.isConnected(), { what: 'the framework has noticed' })
  await cluster.restart('master')
  await cluster.waitFor(() => keeper.isConnected(), { what: 'the framework is back' })
  await cluster.waitFor(async () => (await cluster.state()).tasks.length === 2, { what: 'its tasks are back' })
  const states = (await cluster.state()).tasks.map(({ state }) => state)
  assert.deepEqual(states, ['TASK_RUNNING', 'TASK_RUNNING'])
})

test('an agent that does not answer pings is unreachable until the network heals; its task is the same', async () => {
  cluster.partition('agent-2', 'master')
  // Five pings of 15 s without an answer, and one more to count them.
  await cluster.clock.advance('2m')
  await cluster.waitFor(() => keeper.idsIn('TASK_UNREACHABLE').length === 1, { what: 'a task is unreachable' })
  const [id = ''] = keeper.idsIn('TASK_UNREACHABLE')
  cluster.heal()
  await cluster.waitFor(() => keeper.states.get(id) === 'TASK_RUNNING', { what: 'the task is back', timeoutMs: 20_000 })
})
