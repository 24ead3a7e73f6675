import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProbeOutcome } from '../messages.ts'
import { FakeCluster } from '../test-kit/fake-cluster.ts'
import { countsOf } from '../view/index.ts'

const check = {
  protocol: 'HTTP',
  path: '/health',
  intervalSeconds: 10,
  gracePeriodSeconds: 30,
  maxConsecutiveFailures: 2,
}
const good: ProbeOutcome = { kind: 'http', status: 204, contentType: '', body: '' }
const bad: ProbeOutcome = { kind: 'failed', reason: 'refused' }

class Checked {
  readonly cluster = new FakeCluster()

  constructor(healthChecks: unknown[] = [check]) {
    this.cluster.subscribe()
    this.cluster.create({ id: '/web', cmd: 'sleep 1', healthChecks })
    this.cluster.offerAll()
  }

  /** Answers the probe that comes next. */
  probe(outcome: ProbeOutcome): void {
    const before = this.cluster.probes.length
    for (let i = 0; i < 100 && this.cluster.probes.length === before; i++) this.cluster.advance(1000)
    const probe = this.cluster.probes.at(-1)!
    this.cluster.submit({ type: 'probe-result', key: probe.key, taskId: probe.taskId, outcome })
  }

  counts(): number[] {
    const { tasksHealthy, tasksUnhealthy } = countsOf(this.cluster.state, [...this.cluster.state.instances.all()])
    return [tasksHealthy, tasksUnhealthy]
  }
}

describe('health checks of the scheduler', () => {
  test('[marathon 113] the first comes after at most 5 s and asks the task', () => {
    const { cluster } = new Checked()
    cluster.advance(4_999)
    assert.equal(cluster.probes.length, 0)
    cluster.advance(1)
    const { probe } = cluster.probes[0]!
    assert.deepEqual([probe.protocol, probe.path, probe.timeoutMs], ['HTTP', '/health', 20_000])
    assert.match(probe.host, /^host-\d$/)
  })

  test('a deployment waits until the task is healthy', () => {
    const checked = new Checked()
    assert.equal(checked.cluster.state.deployments.size, 1)
    checked.probe(good)
    assert.equal(checked.cluster.state.deployments.size, 0)
    assert.deepEqual(checked.counts(), [1, 0])
    const alive = checked.cluster.events.find(({ eventType }) => eventType === 'health_status_changed_event')
    assert.equal(alive?.data['alive'], true)
    assert.ok(checked.cluster.eventTypes().includes('instance_health_changed_event'))
  })

  test('[marathon 116] failures during the grace period do not count and are not shown', () => {
    const checked = new Checked()
    checked.probe(bad)
    checked.probe(bad)
    assert.deepEqual(checked.counts(), [0, 0])
    checked.probe(bad)
    checked.probe(bad)
    assert.deepEqual(checked.counts(), [0, 1])
  })

  test('a success ends the grace period', () => {
    const checked = new Checked()
    checked.probe(good)
    checked.probe(bad)
    assert.deepEqual(checked.counts(), [0, 1])
  })

  test('[marathon 115] the failure after maxConsecutiveFailures kills', () => {
    const checked = new Checked([{ ...check, gracePeriodSeconds: 0 }])
    const [task = ''] = checked.cluster.running()
    checked.probe(bad)
    checked.probe(bad)
    assert.deepEqual(checked.cluster.running(), [task])
    checked.probe(bad)
    assert.deepEqual(checked.cluster.running(), [])
    checked.cluster.offerAll()
    assert.deepEqual(checked.cluster.running(), [task.replace(/1$/, '2')])
    const failure = checked.cluster.state.failures.get('/web')
    assert.equal(failure?.message, 'Task was killed since health check failed. Reason: refused')
    const kill = checked.cluster.events.find(({ eventType }) => eventType === 'unhealthy_instance_kill_event')
    assert.deepEqual([kill?.data['taskId'], kill?.data['reason']], [task, 'refused'])
  })

  test('a success starts the count of failures anew', () => {
    const checked = new Checked([{ ...check, gracePeriodSeconds: 0 }])
    for (const outcome of [bad, bad, good, bad, bad]) checked.probe(outcome)
    assert.equal(checked.cluster.running().length, 1)
  })

  test('maxConsecutiveFailures 0 never kills', () => {
    const checked = new Checked([{ ...check, gracePeriodSeconds: 0, maxConsecutiveFailures: 0 }])
    for (let i = 0; i < 10; i++) checked.probe(bad)
    assert.equal(checked.cluster.running().length, 1)
  })

  test('a task that is not running is not asked', () => {
    const checked = new Checked([{ ...check, gracePeriodSeconds: 0 }])
    checked.probe(good)
    checked.cluster.tell(checked.cluster.running()[0] ?? '', 'TASK_UNREACHABLE')
    const before = checked.cluster.probes.length
    checked.cluster.advance(60_000)
    assert.equal(checked.cluster.probes.length, before)
  })

  test('[marathon 114] agents report the health of their checks', () => {
    const checked = new Checked([{ protocol: 'COMMAND', command: { value: 'true' } }])
    const [task = ''] = checked.cluster.running()
    assert.equal(checked.cluster.state.deployments.size, 1)
    checked.cluster.tell(task, 'TASK_RUNNING', { healthy: true })
    assert.deepEqual([checked.counts(), checked.cluster.state.deployments.size], [[1, 0], 0])
    checked.cluster.tell(task, 'TASK_RUNNING', { healthy: false })
    assert.deepEqual(checked.counts(), [0, 1])
  })
})
