import type { executor, mesos } from '@thermosphere/protocol'
import { createRandom } from '@thermosphere/effects'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Container } from '../hosts/agent/machine.ts'
import { Machine } from '../hosts/agent/machine.ts'
import { VirtualTime } from '../kernel/index.ts'
import { ExecutorInvariants } from './executor-invariants.ts'

const none = (): void => undefined

function containerOf({ cpusMilli, cpusMilliMax }: Pick<Container, 'cpusMilli' | 'cpusMilliMax'>): Container {
  return {
    id: 'c',
    launched: { type: 'executor', frameworkId: 'f', executorId: 'e', cpusMilli: 100 },
    taskIds: new Set(['t']),
    cpusMilli,
    cpusMilliMax,
    ignoresTerm: false,
    isRunning: true,
    exitCode: undefined,
    signal: undefined,
    onEnd: undefined,
    cancelEnd: none,
    stopExecutor: none,
  }
}

function watched() {
  const reports: string[] = []
  const machine = new Machine('agent-0', { time: new VirtualTime(0), random: createRandom(1) })
  const invariants = new ExecutorInvariants((invariant) => void reports.push(invariant), none)
  return { reports, machine, invariants }
}

const uuid = new Uint8Array(16).fill(7)
const status = (state: mesos.TaskState): mesos.TaskStatus => ({ task_id: { value: 't' }, state, uuid })
const roomy = containerOf({ cpusMilli: 1_100, cpusMilliMax: 1_100 })

suite('what an executor is told', () => {
  test('is no kill before the launch', () => {
    const { reports, machine, invariants } = watched()
    invariants.onKilled('u', true)
    invariants.onLaunched('u', roomy, machine)
    assert.deepEqual(reports, [])
    invariants.onKilled('t', false)
    invariants.onLaunched('t', roomy, machine)
    assert.deepEqual(reports, ['kills-follow-launches'])
  })

  test('is no task that its container has no room for', () => {
    const { reports, machine, invariants } = watched()
    invariants.onLaunched('t', containerOf({ cpusMilli: 1_100, cpusMilliMax: 100 }), machine)
    assert.deepEqual(reports, ['executors-hold-their-tasks'])
  })

  test('is no acknowledgement of what is not on disk', () => {
    const { reports, machine, invariants } = watched()
    const event: executor.Event = { type: 'ACKNOWLEDGED', acknowledged: { task_id: { value: 't' }, uuid } }
    const pending = [{ status: status('TASK_RUNNING') }]
    machine.disk.entries.set('update/f/t/1', JSON.stringify({ uuid: uuid.toBase64() }))
    invariants.onTold(event, machine, pending)
    assert.deepEqual(reports, [])
    machine.disk.entries.delete('update/f/t/1')
    invariants.onTold(event, machine, [])
    assert.deepEqual(reports, [])
    invariants.onTold(event, machine, pending)
    assert.deepEqual(reports, ['executors-hear-what-is-stored'])
  })
})

test('what an executor told and was acknowledged stays true, unless the task is lost with its agent', () => {
  const { reports, invariants } = watched()
  invariants.onStatus(status('TASK_FAILED'))
  invariants.onAcknowledged(status('TASK_RUNNING'))
  invariants.onStatus(status('TASK_FAILED'))
  invariants.onAcknowledged(status('TASK_FINISHED'))
  for (const state of ['TASK_FINISHED', 'TASK_LOST', 'TASK_GONE_BY_OPERATOR', 'TASK_UNREACHABLE'] as const)
    invariants.onStatus(status(state))
  assert.deepEqual(reports, [])
  invariants.onStatus(status('TASK_FAILED'))
  assert.deepEqual(reports, ['executors-have-the-last-word'])
})

test('no process of an executor begins before it is on disk', () => {
  const { reports, machine, invariants } = watched()
  machine.disk.entries.set('executor/f/e', '{}')
  invariants.onStarted(roomy, machine)
  assert.deepEqual(reports, [])
  machine.disk.entries.clear()
  invariants.onStarted(roomy, machine)
  assert.deepEqual(reports, ['no-orphan-containers'])
})
