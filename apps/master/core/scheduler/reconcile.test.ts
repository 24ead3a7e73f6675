import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { World } from '../testing/world.ts'
import type { Scheduler } from '../testing/world.ts'

const ask = (
  world: World,
  s: Scheduler,
  [taskId, agentId]: readonly [string, string?],
): mesos.TaskStatus | undefined => {
  const before = world.statuses(s).length
  const tasks = [{ task_id: { value: taskId }, ...(agentId !== undefined && { agent_id: { value: agentId } }) }]
  world.call(s, { type: 'RECONCILE', reconcile: { tasks } })
  return world.statuses(s)[before]
}

const record = { info: { hostname: 'h' }, deactivated: false, drain: undefined, drainStartedAt: 0 }

suite('RECONCILE', () => {
  test('[mesos 102] a known task is answered with the state last forwarded, without a uuid', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 't'])
    const status = ask(world, s, ['t', 'whatever'])
    assert.deepEqual(
      [status?.state, status?.reason, status?.source, status?.message, status?.uuid],
      ['TASK_RUNNING', 'REASON_RECONCILIATION', 'SOURCE_MASTER', 'Reconciliation: Latest task state', undefined],
    )
  })

  const cases: [string, string, mesos.TaskState, string][] = [
    ['a registered agent', 'registered', 'TASK_GONE', 'Reconciliation: Task is unknown to the agent'],
    ['an unreachable agent', 'U', 'TASK_UNREACHABLE', 'Reconciliation: Task is unreachable'],
    ['a gone agent', 'G', 'TASK_GONE_BY_OPERATOR', 'Reconciliation: Task is gone'],
    ['an unknown agent', 'X', 'TASK_UNKNOWN', 'Reconciliation: Task is unknown'],
  ]
  for (const aware of [true, false]) {
    for (const [what, agentId, state, message] of cases) {
      test(`[mesos 102] a task of ${what} is ${aware ? state : 'TASK_LOST'}`, () => {
        const world = new World({
          registry: { unreachable: new Map([['U', { ...record, at: 5000 }]]), gone: new Map([['G', { at: 1 }]]) },
        })
        const agent = world.addAgent()
        const s = world.subscribe(aware ? {} : { capabilities: [{ type: 'MULTI_ROLE' }] })
        const status = ask(world, s, ['nope', agentId === 'registered' ? agent.id : agentId])
        assert.deepEqual([status?.state, status?.message], [aware ? state : 'TASK_LOST', message])
        assert.equal(status?.unreachable_time !== undefined, agentId === 'U')
      })
    }
  }

  test('[mesos 102] while an agent may still return with the task there is no answer', () => {
    const world = new World({ registry: { admitted: new Map([['R', record]]) } })
    const s = world.subscribe()
    assert.equal(ask(world, s, ['nope', 'R']), undefined)
    assert.equal(ask(world, s, ['nope']), undefined)
    assert.equal(ask(world, s, ['nope', 'X'])?.state, 'TASK_UNKNOWN')
  })

  test('[mesos 103] an empty list asks for all tasks, also ended ones that are not acknowledged', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    world.run([s, agent, 'a'])
    world.advance(1000)
    world.run([s, agent, 'b'])
    world.update([s, agent, 'b'], 'TASK_FAILED')
    const before = world.statuses(s).length
    world.call(s, { type: 'RECONCILE', reconcile: {} })
    assert.deepEqual(
      world
        .statuses(s)
        .slice(before)
        .map((status) => [status.task_id.value, status.state]),
      [
        ['a', 'TASK_RUNNING'],
        ['b', 'TASK_FAILED'],
      ],
    )
  })

  const verdicts: [string, string | undefined, mesos.OperationState, string][] = [
    ['no agent', undefined, 'OPERATION_UNKNOWN', "Operation is unknown and no 'agent_id' was provided"],
    ['a recovered agent', 'R', 'OPERATION_RECOVERING', 'Agent is recovered but has not re-registered'],
    ['an unreachable agent', 'U', 'OPERATION_UNREACHABLE', 'Agent is unreachable'],
    ['a gone agent', 'G', 'OPERATION_GONE_BY_OPERATOR', 'Agent marked gone by operator'],
    ['an unknown agent', 'X', 'OPERATION_UNKNOWN', 'Both operation and agent are unknown'],
  ]
  for (const [what, agentId, state, message] of verdicts) {
    test(`[mesos 104] an unknown operation of ${what} is ${state}`, () => {
      const unreachable = new Map([['U', { ...record, at: 5000 }]])
      const world = new World({
        registry: { admitted: new Map([['R', record]]), unreachable, gone: new Map([['G', { at: 1 }]]) },
      })
      const s = world.subscribe()
      const operations = [
        { operation_id: { value: 'op' }, ...(agentId !== undefined && { agent_id: { value: agentId } }) },
      ]
      world.call(s, { type: 'RECONCILE_OPERATIONS', reconcile_operations: { operations } })
      const status = world.eventsOf(s.streamId).at(-1)?.update_operation_status?.status
      assert.deepEqual([status?.state, status?.message], [state, `Reconciliation: ${message}`])
    })
  }
})
