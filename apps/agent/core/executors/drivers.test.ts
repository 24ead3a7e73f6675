import type { executor, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AGENT_ID, BenchAgent, FRAMEWORK_ID, frameworkInfo, scalar, taskInfo } from '../testing/bench-agent.ts'

const framework_id = { value: FRAMEWORK_ID }
const executor_id = { value: 'old' }
const pid = 'executor(1)@127.0.0.1:4000'
const info: mesos.ExecutorInfo = { executor_id, framework_id, command: { value: 'x' } }

function task(id: string): mesos.TaskInfo {
  const { command: _command, ...rest } = taskInfo(id)
  return { ...rest, executor: info }
}

/** To the executor that is there. */
function run(agent: BenchAgent, id: string): void {
  const run_task = { framework_info: frameworkInfo(), task: task(id), launch_executor: false }
  agent.master({ type: 'RUN_TASK', run_task })
}

let lastId = 0

function register(
  agent: BenchAgent,
  driver: { pid?: string; isReturning?: boolean } = {},
  known: string[] = [],
): number {
  const subscribe = { unacknowledged_tasks: known.map(task) }
  const call = { type: 'SUBSCRIBE' as const, framework_id, executor_id, subscribe }
  const ids = { requestId: ++lastId, connectionId: lastId }
  agent.input({
    type: 'executor-subscribe',
    ...ids,
    call,
    claims: undefined,
    driver: { pid, isReturning: false, ...driver },
  })
  return lastId
}

/** Whether it was taken. */
function update(agent: BenchAgent, state: mesos.TaskState, from: { driverPid?: string } = { driverPid: pid }): boolean {
  const status: mesos.TaskStatus = { task_id: { value: 't' }, state, uuid: new Uint8Array(16).fill(++lastId) }
  const call: executor.Call = { type: 'UPDATE', framework_id, executor_id, update: { status } }
  agent.input({ type: 'executor-call', requestId: lastId, call, claims: undefined, ...from })
  return agent.effects.some(
    (effect) => effect.type === 'executor-reply' && effect.requestId === lastId && effect.reply.status === 202,
  )
}

/** What was said since the last look: events by their connection, and who was asked to come back. */
const said = (agent: BenchAgent): string[] =>
  agent.take().flatMap((effect) => {
    if (effect.type === 'executor-event') return [`${effect.connectionId} ${effect.event.type ?? ''}`]
    if (effect.type === 'executor-close') return [`${effect.connectionId} closed`]
    if (effect.type === 'executor-reconnect') return [`${effect.driverPid} from ${effect.agentId}`]
    return []
  })

type Old = { readonly agent: BenchAgent; readonly containerId: string; readonly connection: number }

/** A v0 executor that has registered and runs task `t`. */
function registered(framework = frameworkInfo()): Old {
  const agent = BenchAgent.registered()
  const containerId = agent.run(task('t'), framework)
  agent.launched(containerId)
  const connection = register(agent)
  update(agent, 'TASK_RUNNING')
  agent.drain()
  said(agent)
  return { agent, containerId, connection }
}

const asked = `${pid} from ${AGENT_ID}`

suite('executors of the v0 protocol', () => {
  test('[mesos 112] a driver registers once: who registers again, or returns without having registered, is shut down', () => {
    const agent = BenchAgent.registered()
    agent.launched(agent.run(task('t')))
    const early = register(agent, { isReturning: true })
    assert.deepEqual(said(agent), [`${early} SHUTDOWN`, `${early} closed`])
    const first = register(agent)
    assert.deepEqual(said(agent), [`${first} SUBSCRIBED`, `${first} LAUNCH`])
    const again = register(agent)
    assert.deepEqual(said(agent), [`${again} SHUTDOWN`, `${again} closed`])
    assert.equal(update(agent, 'TASK_RUNNING'), true, 'the first is still spoken to')
  })

  test('[mesos 112] updates are taken from the process that registered, and from no other', () => {
    const { agent } = registered()
    assert.equal(update(agent, 'TASK_FINISHED', { driverPid: 'executor(1)@127.0.0.1:4001' }), false)
    assert.equal(update(agent, 'TASK_FINISHED', {}), false)
    assert.deepEqual(agent.sent(), [])
    assert.equal(update(agent, 'TASK_FINISHED'), true)
    assert.deepEqual(
      agent.sent().map(({ state, source }) => [state, source]),
      [['TASK_FINISHED', 'SOURCE_EXECUTOR']],
    )
  })

  test('[mesos 112] a restarted agent asks the process that it wrote down to reconnect, until that comes back', () => {
    const { agent, containerId } = registered()
    const again = agent.restarted([containerId])
    assert.deepEqual(said(again), [asked])
    again.advance(999)
    assert.deepEqual(said(again), [])
    again.advance(1)
    assert.deepEqual(said(again), [asked])
    const back = register(again, { isReturning: true })
    assert.deepEqual(said(again), [`${back} SUBSCRIBED`])
    again.advance(60_000)
    again.reregister()
    assert.deepEqual(said(again), [], 'nobody was given up')
    again.kill('t')
    assert.deepEqual(said(again), [`${back} KILL`])
  })

  test('[mesos 112] one that does not come back after a restart is given up at the re-registration timeout', () => {
    const { agent, containerId } = registered()
    const again = agent.restarted([containerId])
    again.advance(2000)
    assert.ok(again.take().some((effect) => effect.type === 'destroy' && effect.containerId === containerId))
    again.reregister()
    again.ended(containerId)
    assert.deepEqual(
      again.sent().map(({ state, reason }) => [state, reason]),
      [['TASK_GONE', 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT']],
    )
    const late = register(again, { isReturning: true })
    assert.deepEqual(said(again), [`${late} SHUTDOWN`, `${late} closed`])
    again.advance(60_000)
    assert.deepEqual(said(again), [], 'it is asked no more')
  })

  test('[mesos 112] a task that the driver does not know after a restart was lost on its way to it', () => {
    const agent = BenchAgent.registered()
    const containerId = agent.run(task('known'))
    agent.launched(containerId)
    register(agent)
    run(agent, 'lost')
    const again = agent.restarted([containerId])
    register(again, { isReturning: true }, ['known'])
    again.reregister()
    assert.deepEqual(
      again.sent().map(({ task_id, state, reason }) => [task_id.value, state, reason]),
      [['lost', 'TASK_DROPPED', 'REASON_AGENT_RESTARTED']],
    )
  })

  test('[mesos 112] one that cannot be reached while it runs is asked to reconnect, and not after it has ended', () => {
    const { agent, containerId, connection } = registered()
    agent.input({ type: 'executor-gone', connectionId: connection })
    assert.deepEqual(said(agent), [asked])
    const back = register(agent, { isReturning: true })
    assert.deepEqual(said(agent), [`${back} SUBSCRIBED`])
    agent.input({ type: 'executor-gone', connectionId: back })
    assert.deepEqual(said(agent), [asked])
    agent.ended(containerId)
    agent.advance(60_000)
    assert.deepEqual(said(agent), [])
  })

  test('[mesos 112] what a framework without checkpoints runs is not asked for after a restart', () => {
    const { agent, containerId } = registered(frameworkInfo({ checkpoint: false }))
    assert.deepEqual(said(agent.restarted([containerId])), [])
  })

  test('[mesos 112] a group is refused with the reason, and an executor that got nothing else is shut down', () => {
    const agent = BenchAgent.registered()
    const group = {
      executor: { ...info, resources: [scalar('cpus', 0.1)] },
      task_group: { tasks: [taskInfo('a'), taskInfo('b')] },
    }
    agent.master({
      type: 'RUN_TASK_GROUP',
      run_task_group: { framework_info: frameworkInfo(), launch_executor: true, ...group },
    })
    agent.launched(agent.launchedIds()[0] ?? '')
    const connection = register(agent)
    const message = "Executor 'old' speaks the v0 protocol, which has no task groups"
    assert.deepEqual(
      agent.sent().map(({ task_id, state, reason, message: told }) => [task_id.value, state, reason, told]),
      ['a', 'b'].map((id) => [id, 'TASK_ERROR', 'REASON_TASK_GROUP_INVALID', message]),
    )
    assert.deepEqual(said(agent), [`${connection} SUBSCRIBED`, `${connection} SHUTDOWN`])
  })
})

test('[mesos 111] a kill that comes while its launch is being written down does not overtake it', () => {
  const { agent, connection } = registered()
  run(agent, 'u')
  agent.kill('u')
  const events = agent.take().filter((effect) => effect.type === 'executor-event')
  assert.deepEqual(
    events.map((effect) => [effect.connectionId, effect.event.type, effect.after]),
    [
      [connection, 'LAUNCH', 1],
      [connection, 'KILL', 1],
    ],
  )
})
