import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ExecutorSpec, mesos, Task, TaskSpec } from '../index.ts'
import { clusterOf, frameworkOf, launchOne, small } from '../testing/frameworks.ts'

const script = fileURLToPath(new URL('../testing/scripted-executor.ts', import.meta.url))
const executor: ExecutorSpec = {
  id: 'scripted',
  command: `exec '${process.execPath}' '${script}'`,
  resources: { cpus: 0.1, memMib: 64 },
}
const told = (data: string): TaskSpec => ({ name: data, data: Buffer.from(data), executor, resources: small })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function pidOf(task: Task): Promise<number> {
  return Number(Buffer.from((await task.running()).data ?? []).toString())
}

suite('an executor', () => {
  test('[mesos 93] runs several tasks in one process, each to an end of its own, and ends with the last', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const launched: Task[] = []
    for await (const offer of framework.offers()) {
      launched.push(...((await offer.launch(['wait', 'fail', 'sleep 50'].map(told))) ?? []))
      if (launched.length > 0) break
    }
    const [waiting, failing, finishing] = launched
    const pids = new Set(await Promise.all(launched.map(pidOf)))
    assert.equal(pids.size, 1)
    await assert.rejects(failing!.finished(), { message: /TASK_FAILED \(as it was told\)/ })
    assert.equal(Buffer.from((await finishing!.finished()).data ?? []).toString(), 'done')
    const states: string[] = []
    const reading = (async () => {
      for await (const { state } of waiting!) states.push(state)
    })()
    const killed = await waiting!.kill({ graceMs: 1_500 })
    assert.match(killed.message ?? '', /TaskKilled: the task is to end within 1500 ms \(kill\)/)
    await reading
    assert.deepEqual(states.slice(-2), ['TASK_KILLING', 'TASK_KILLED'])
    await cluster.waitFor(() => [...pids].every((pid) => !isAlive(pid)), { what: 'the executor has ended' })
  })

  test('[mesos 124] outlives its agent, and tells it of what happened meanwhile', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, told('sleep 1000'))
    const pid = await pidOf(task)
    await cluster.kill('agent-1')
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    assert.ok(isAlive(pid), 'it waits for its agent')
    await cluster.restart('agent-1')
    assert.equal(Buffer.from((await task.finished()).data ?? []).toString(), 'done')
  })

  test('[mesos 127] ends when its agent does not return within the recovery timeout', async (t) => {
    const cluster = await clusterOf(t, {
      flags: { agent: ['recovery_timeout=1secs', 'executor_shutdown_grace_period=1secs'] },
    })
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, told('wait'))
    const pid = await pidOf(task)
    await cluster.kill('agent-1')
    await cluster.waitFor(() => !isAlive(pid), { what: 'the executor has ended' })
  })

  test('ends its tasks when it is shut down', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, told('wait'))
    const pid = await pidOf(task)
    const shutdown = { executor_id: { value: 'scripted' }, agent_id: { value: task.agentId ?? '' } }
    await framework.call({ type: 'SHUTDOWN', shutdown })
    const status = await task.ended()
    assert.equal(status.state, 'TASK_KILLED')
    assert.match(status.message ?? '', /\(shutdown\)/)
    await cluster.waitFor(() => !isAlive(pid), { what: 'the executor has ended' })
  })

  test('exchanges messages with its framework', async (t) => {
    const cluster = await clusterOf(t)
    const { framework, events } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, told('echo'))
    const { agent_id } = await task.running()
    const message = { agent_id: agent_id!, executor_id: { value: 'scripted' }, data: Buffer.from('hello') }
    await framework.call({ type: 'MESSAGE', message })
    await task.finished()
    const heard = events.find((event) => event.type === 'MESSAGE')
    assert.equal(Buffer.from(heard?.message.data ?? []).toString(), 'heard hello')
  })

  test('that dies takes its tasks with it', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, told('wait'))
    process.kill(await pidOf(task), 'SIGKILL')
    const { state, reason } = await task.ended()
    assert.deepEqual([state, reason] satisfies [mesos.TaskState, unknown], [
      'TASK_FAILED',
      'REASON_EXECUTOR_TERMINATED',
    ])
  })
})
