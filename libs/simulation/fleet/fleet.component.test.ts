import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@thermosphere/test-kit'
import { openStore } from '@thermosphere/store'
import { startCluster } from '../cluster/index.ts'
import { Fleet } from './agents/fleet.ts'
import { parseFleetFlags } from './config.ts'
import { FleetFramework } from './framework/fleet-framework.ts'

const agentCount = 50
const taskCount = 200

test('a fleet registers, runs tasks on all its agents, loses agents and gets them back with their tasks', async (t) => {
  const cluster = await startCluster({ agents: 0 })
  // The last is closed first: a framework would take the end of its master for a failure.
  const open = new AsyncDisposableStack()
  t.after(() => open.disposeAsync())
  open.defer(() => cluster.close())
  const onFatal = (error: unknown): void => assert.ifError(error)
  const { failures, resources } = parseFleetFlags(['--fail=down:200ms'])
  const { masters } = cluster
  const fleet = new Fleet({ masters, agents: agentCount, resources, speed: 1, failures, seed: 1, onFatal })
  open.defer(() => fleet.close())
  await Promise.all([fleet.start(), fleet.untilRegistered()])
  const joined = (await cluster.state()).agents
  assert.equal(joined.filter(({ active }) => active).length, agentCount)

  const store = await openStore('memory:')
  const options = { masters, agents: agentCount, tasks: taskCount, command: 'sleep infinity', store, onFatal }
  const framework = new FleetFramework(options)
  framework.start()
  open.defer(() => store.close())
  open.defer(() => framework.close())
  await eventually('all tasks run', () => framework.runningCount === taskCount)
  assert.deepEqual(new Set(fleet.agents.map(({ containers }) => containers.count)), new Set([taskCount / agentCount]))
  assert.equal((await store.list('fleet/tasks/')).entries.length, taskCount)

  // Until the master was asked: a loaded machine may not come to that in the time that failures last.
  const gone = fleet.agents.slice(0, 5)
  for (const agent of gone) await agent.crash()
  await eventually('the master misses five', async () => {
    return (await cluster.state()).agents.filter(({ active }) => active).length === agentCount - 5
  })
  for (const agent of gone) agent.start()
  const areBack = (linkedCount: number) => () =>
    fleet.registeredCount === agentCount && fleet.linked.count >= linkedCount
  await eventually('they are back', areBack(agentCount + 5))
  fleet.crash(5)
  await eventually('those that crash are back', areBack(agentCount + 10))
  fleet.cut(5)
  await eventually('all are back', areBack(agentCount + 15))
  const { agents, tasks } = await cluster.state()
  assert.deepEqual(agents.map(({ id }) => id).sort(), joined.map(({ id }) => id).sort())
  assert.equal(tasks.filter(({ state }) => state === 'TASK_RUNNING').length, taskCount)
  assert.equal(framework.runningCount, taskCount)
  assert.equal(framework.failedCount, 0)
})

test('tasks that end are replaced, those that are to fail fail', async (t) => {
  const cluster = await startCluster({ agents: 0, flags: { master: ['allocation_interval=50ms'] } })
  // The last is closed first: a framework would take the end of its master for a failure.
  const open = new AsyncDisposableStack()
  t.after(() => open.disposeAsync())
  open.defer(() => cluster.close())
  const onFatal = (error: unknown): void => assert.ifError(error)
  const { failures, resources } = parseFleetFlags(['--fail=launches:10%,tasks:10%'])
  const { masters } = cluster
  const fleet = new Fleet({ masters, agents: 2, resources, speed: 100, failures, seed: 1, onFatal })
  open.defer(() => fleet.close())
  await Promise.all([fleet.start(), fleet.untilRegistered()])
  const framework = new FleetFramework({ masters, agents: 2, tasks: 10, command: 'sleep 10', onFatal })
  framework.start()
  open.defer(() => framework.close())
  await eventually(
    'many have run and some have failed',
    () => framework.launched.count > 100 && framework.failedCount > 5,
  )
  assert.ok(framework.failedCount < framework.launched.count)
  assert.ok(framework.runningCount <= 10)
})
