import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SimProcess, VirtualTime } from '../../kernel/index.ts'
import type { DialHandlers } from '../scheduler/scheduler-connection.ts'
import { FrameworkMemory, ScriptedFramework } from './scripted-framework.ts'

/** A framework that has launched a task, and a master that answers every call. */
function start() {
  const time = new VirtualTime(0)
  const memory = new FrameworkMemory('framework-0', ['role-0'])
  memory.tasks.set('t', { id: 't', agentId: 'a', state: 'TASK_RUNNING', isKillWanted: false })
  const calls: scheduler.Call[] = []
  let master: DialHandlers | undefined
  const process = new SimProcess({ name: 'framework-0', time })
  const framework = new ScriptedFramework({
    process,
    memory,
    masters: ['master-0'],
    random: createRandom(1),
    watch: { onStatus: () => undefined },
    onFatal: (message) => assert.fail(message),
    dial: (_master, _subscribe, handlers) => {
      master = handlers
      return { send: (call, done) => void (calls.push(call), done(202)), close: () => undefined }
    },
  })
  const tell = (state: mesos.TaskState): void =>
    master?.onEvent({ type: 'UPDATE', update: { status: { task_id: { value: 't' }, state } } })
  master?.onEvent({ type: 'SUBSCRIBED', subscribed: { framework_id: { value: 'f' } } })
  assert.ok(framework.isConnected)
  const reconciled = () => calls.splice(0).flatMap(({ reconcile }) => (reconcile ? [reconcile.tasks?.length ?? 0] : []))
  return { time, memory, tell, reconciled }
}

test('a framework that lost a task asks for everything, as it may have missed that its agent came back', async () => {
  const { time, memory, tell, reconciled } = start()
  assert.deepEqual(reconciled(), [1])
  for (const state of ['TASK_LOST', 'TASK_UNKNOWN'] as const) {
    tell(state)
    await time.runUntil(time.now + 20_000, () => true)
    assert.deepEqual(reconciled(), [0])
  }
  tell('TASK_RUNNING')
  assert.equal(memory.tasks.get('t')?.state, 'TASK_RUNNING')
  tell('TASK_FINISHED')
  await time.runUntil(time.now + 20_000, () => true)
  assert.deepEqual(reconciled(), [])
})
