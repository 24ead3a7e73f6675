import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentEffect, CheckResult } from '../index.ts'
import { BenchAgent, taskInfo } from '../testing/bench-agent.ts'

type Attempt = Extract<AgentEffect, { type: 'run-check' }>

/** A running task and what is tried on it. */
class Checked {
  readonly agent = BenchAgent.registered()
  readonly #containerId: string

  constructor(health_check: mesos.HealthCheck) {
    this.#containerId = this.agent.run(taskInfo('t', { health_check }))
    this.agent.launched(this.#containerId)
    this.agent.drain()
    this.agent.take()
  }

  attemptsWithin(ms: number): Attempt[] {
    this.agent.advance(ms)
    return this.agent.take().filter((effect) => effect.type === 'run-check')
  }

  /** What the framework is told of the result. */
  answer({ token }: Attempt, result: CheckResult): (boolean | undefined)[] {
    this.agent.input({ type: 'check-result', containerId: this.#containerId, token, result })
    const healthy = this.agent.sent().map((status) => status.healthy)
    this.agent.drain()
    return healthy
  }
}

const http = (more: Partial<mesos.HealthCheck_HTTPCheckInfo> = {}): mesos.HealthCheck => ({
  type: 'HTTP',
  http: { port: 80, ...more },
})
const atOnce = { delay_seconds: 0, grace_period_seconds: 0 }

suite('health checks', () => {
  const results: readonly [string, CheckResult, boolean][] = [
    ['[mesos 117] HTTP 200', { type: 'http', statusCode: 200 }, true],
    ['[mesos 117] HTTP 399', { type: 'http', statusCode: 399 }, true],
    ['[mesos 117] HTTP 400', { type: 'http', statusCode: 400 }, false],
    ['[mesos 117] HTTP 500', { type: 'http', statusCode: 500 }, false],
    ['[mesos 117] HTTP 199', { type: 'http', statusCode: 199 }, false],
    ['[mesos 118] a TCP connection', { type: 'tcp', succeeded: true }, true],
    ['[mesos 118] a refused TCP connection', { type: 'tcp', succeeded: false }, false],
    ['[mesos 119] an attempt that timed out', { type: 'none', message: 'timed out' }, false],
  ]
  for (const [what, result, isHealthy] of results) {
    test(`${what} is ${isHealthy ? 'healthy' : 'unhealthy'}`, () => {
      const checked = new Checked({ ...http(), ...atOnce })
      const [attempt] = checked.attemptsWithin(0)
      assert.ok(attempt !== undefined)
      assert.deepEqual(checked.answer(attempt, result), [isHealthy])
    })
  }

  const targets: readonly [string, mesos.HealthCheck, Attempt['attempt']][] = [
    [
      '[mesos 117] HTTP without more asks / by http',
      http(),
      { type: 'http', scheme: 'http', host: '127.0.0.1', port: 80, path: '/' },
    ],
    [
      '[mesos 117] HTTPS asks the path by https',
      http({ scheme: 'https', path: '/health' }),
      { type: 'http', scheme: 'https', host: '127.0.0.1', port: 80, path: '/health' },
    ],
    [
      '[mesos 121] HTTP on IPv6 asks ::1',
      http({ protocol: 'IPv6' }),
      { type: 'http', scheme: 'http', host: '::1', port: 80, path: '/' },
    ],
    [
      '[mesos 118] TCP connects to the port',
      { type: 'TCP', tcp: { port: 81 } },
      { type: 'tcp', host: '127.0.0.1', port: 81 },
    ],
    [
      '[mesos 121] TCP on IPv6 connects to ::1',
      { type: 'TCP', tcp: { port: 81, protocol: 'IPv6' } },
      { type: 'tcp', host: '::1', port: 81 },
    ],
  ]
  for (const [title, check, target] of targets) {
    test(title, () => {
      const [attempt] = new Checked({ ...check, ...atOnce }).attemptsWithin(0)
      assert.deepEqual(attempt?.attempt, target)
    })
  }
})

suite('the timing of checks', () => {
  const timings: readonly [
    string,
    Partial<mesos.HealthCheck>,
    { delayMs: number; intervalMs: number; timeoutMs: number },
  ][] = [
    ['the defaults', {}, { delayMs: 15_000, intervalMs: 10_000, timeoutMs: 20_000 }],
    [
      'what is given',
      { delay_seconds: 2, interval_seconds: 3.5, timeout_seconds: 4 },
      { delayMs: 2000, intervalMs: 3500, timeoutMs: 4000 },
    ],
    [
      'no timeout',
      { delay_seconds: 1, interval_seconds: 1, timeout_seconds: 0 },
      { delayMs: 1000, intervalMs: 1000, timeoutMs: Number.POSITIVE_INFINITY },
    ],
  ]
  for (const [title, given, { delayMs, intervalMs, timeoutMs }] of timings) {
    test(`[mesos 119] ${title}: the first attempt after the delay, the next after an interval from the last one's end`, () => {
      const checked = new Checked({ ...http(), ...given })
      assert.deepEqual(checked.attemptsWithin(delayMs - 1), [])
      const [first] = checked.attemptsWithin(1)
      assert.ok(first !== undefined)
      assert.equal(first.timeoutMs, timeoutMs)
      assert.deepEqual(checked.attemptsWithin(5000), [], 'not while one is under way')
      checked.answer(first, { type: 'http', statusCode: 200 })
      assert.deepEqual(checked.attemptsWithin(intervalMs - 1), [])
      assert.equal(checked.attemptsWithin(1).length, 1)
    })
  }

  test('[mesos 119] the grace swallows failures until the first success, and none after it', () => {
    const checked = new Checked({ ...http(), delay_seconds: 0, interval_seconds: 1, grace_period_seconds: 60 })
    const next = () => checked.attemptsWithin(1000)[0] ?? assert.fail('no attempt')
    assert.deepEqual(checked.answer(next(), { type: 'http', statusCode: 500 }), [])
    assert.deepEqual(checked.answer(next(), { type: 'http', statusCode: 200 }), [true])
    assert.deepEqual(checked.answer(next(), { type: 'http', statusCode: 500 }), [false])
  })
})
