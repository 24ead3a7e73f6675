import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '../index.ts'
import { clusterOf, frameworkOf, launchOne, sleeper } from '../testing/frameworks.ts'

suite('updates and their handler', () => {
  test('are acknowledged after it has resolved, and not before', async (t) => {
    const cluster = await clusterOf(t)
    const seen: string[] = []
    const gate = Promise.withResolvers<void>()
    const { framework } = frameworkOf(t, cluster, {
      onUpdate: async ({ state }) => {
        seen.push(state)
        await gate.promise
      },
    })
    await framework.start()
    const task = await launchOne(framework, { ...sleeper, command: 'true' })
    await cluster.waitFor(() => seen.length > 0, { what: 'the first update' })
    await cluster.waitFor(async () => (await cluster.state()).tasks.some(({ state }) => state === 'TASK_FINISHED'), {
      what: 'the task has ended',
    })
    // An agent has one update of a task under way: with the first unacknowledged, no second comes.
    assert.deepEqual(seen, ['TASK_STARTING'])
    assert.equal(task.state, 'TASK_STAGING')
    const states: string[] = []
    const reading = (async () => {
      for await (const { state } of task) states.push(state)
    })()
    gate.resolve()
    await task.finished()
    await reading
    assert.deepEqual(states, ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
    assert.deepEqual(seen, states)
  })

  test('come again when it rejects, and its failure is told', async (t) => {
    const cluster = await clusterOf(t, { clock: 'virtual' })
    const seen: string[] = []
    const { framework, errors } = frameworkOf(t, cluster, {
      onUpdate: ({ state }) => {
        seen.push(state)
        if (seen.length === 1) throw new Error('disk full')
      },
    })
    await framework.start()
    const task = await launchOne(framework, sleeper)
    await cluster.waitFor(() => errors.length === 1, { what: 'the failure is told' })
    assert.equal(errors[0]?.code, 'UPDATE_HANDLER_FAILED')
    assert.match(String(errors[0]), /onUpdate failed for TASK_STARTING of task .*disk full.*comes again/)
    assert.equal(task.state, 'TASK_STAGING')
    await cluster.clock.advance('11s')
    await task.running()
    assert.deepEqual(seen, ['TASK_STARTING', 'TASK_STARTING', 'TASK_RUNNING'])
  })

  test('that the master says once are asked for again when it rejects', async (t) => {
    const cluster = await clusterOf(t)
    let failuresLeft = 2
    const { framework, errors } = frameworkOf(t, cluster, {
      onUpdate: () => {
        if (failuresLeft-- > 0) throw new Error('disk full')
      },
    })
    const [unknown] = framework.adopt([{ id: 'of-an-earlier-time' }])
    await framework.start()
    const status = await unknown?.ended()
    assert.equal(status?.state, 'TASK_UNKNOWN')
    assert.equal(errors.length, 2)
    assert.deepEqual(framework.tasks, [])
  })

  test('of a task are handled one after another, those of others meanwhile', async (t) => {
    const cluster = await clusterOf(t)
    const slow = Promise.withResolvers<void>()
    const { framework } = frameworkOf(t, cluster, {
      onUpdate: ({ task_id }) => (task_id.value === 'slow' ? slow.promise : undefined),
    })
    await framework.start()
    const held = await launchOne(framework, { ...sleeper, id: 'slow' })
    const quick = await launchOne(framework, { ...sleeper, id: 'quick' })
    await quick.running()
    assert.equal(held.state, 'TASK_STAGING')
    slow.resolve()
    await held.running()
  })
})

suite('tasks', () => {
  test('that ended otherwise than was waited for say how', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, { ...sleeper, command: 'exit 3' })
    await assert.rejects(task.finished(), { code: 'TASK_ENDED', message: /ended as TASK_FAILED \(.*status 3/ })
    assert.equal((await task.ended()).state, 'TASK_FAILED')
    assert.equal((await task.running()).state, 'TASK_RUNNING')
    assert.equal((await task.kill()).state, 'TASK_FAILED')
  })

  test('are killed although their agent was away when they were to be', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, sleeper)
    await task.running()
    await cluster.kill('agent-1')
    const killed = task.kill({ graceMs: 1_000 })
    await cluster.restart('agent-1')
    assert.equal((await killed).state, 'TASK_KILLED')
  })

  test('that the framework does not know are learned of from the master', async (t) => {
    const cluster = await clusterOf(t)
    const options = { failoverTimeoutMs: 60_000 }
    const first = frameworkOf(t, cluster, options)
    const id = await first.framework.start()
    const { id: taskId } = await launchOne(first.framework, sleeper)
    await first.framework.task(taskId)?.running()
    await first.framework.close()
    const learned: mesos.TaskStatus[] = []
    const idStore = { load: () => Promise.resolve(id), save: () => Promise.resolve(), clear: () => Promise.resolve() }
    const second = frameworkOf(t, cluster, {
      ...options,
      idStore,
      onUpdate: (status) => void learned.push(status),
      reconcileIntervalMs: 200,
    })
    await second.framework.start()
    await cluster.waitFor(() => learned.length >= 3, { what: 'it is asked for again and again' })
    assert.ok(learned.every(({ task_id, state }) => task_id.value === taskId && state === 'TASK_RUNNING'))
    assert.deepEqual(
      second.framework.tasks.map((task) => task.id),
      [taskId],
    )
  })
})
