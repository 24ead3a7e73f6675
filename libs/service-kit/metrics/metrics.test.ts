import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@thermosphere/test-kit'
import { setTimeout as delay } from 'node:timers/promises'
import { registerEventLoopDelay } from './event-loop-delay.ts'
import { createMetrics, prometheusName, registerSystemMetrics } from './metrics.ts'

test('a snapshot has slash names in order, a Prometheus text has mapped ones', async () => {
  const metrics = createMetrics({ processMetrics: false })
  let running = 3
  metrics.gauge('master/tasks_running', () => running)
  metrics.counter('master/tasks_failed').increment()
  metrics.counter('master/tasks_failed').increment(2)
  metrics.gauge('allocator/x').set(0.5)
  assert.deepEqual(Object.entries(metrics.snapshot()), [
    ['allocator/x', 0.5],
    ['master/tasks_failed', 3],
    ['master/tasks_running', 3],
  ])
  running = 4
  assert.equal(metrics.snapshot()['master/tasks_running'], 4)
  const text = await metrics.prometheus()
  assert.match(text, /^# TYPE master_tasks_failed counter\nmaster_tasks_failed 3$/m)
  assert.match(text, /^master_tasks_running 4$/m)
})

test('a timer has its last value, count and percentiles under the names of Mesos', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const timer = metrics.timer('allocator/run')
  assert.deepEqual(metrics.snapshot(), {})
  for (let i = 1; i <= 101; i++) timer.observe(i)
  await assert.rejects(timer.time(() => Promise.reject(new Error('counted too'))))
  const snapshot = metrics.snapshot()
  assert.equal(snapshot['allocator/run_ms/count'], 102)
  assert.equal(snapshot['allocator/run_ms/max'], 101)
  assert.ok(Math.abs((snapshot['allocator/run_ms/p50'] ?? 0) - 50.5) < 0.6)
  assert.ok((snapshot['allocator/run_ms'] ?? 1000) < 100)
  assert.match(await metrics.prometheus(), /^allocator_run_seconds_count 102$/m)
})

test('percentiles are those of the latest thousand samples', () => {
  const metrics = createMetrics({ processMetrics: false })
  const timer = metrics.timer('t')
  for (let i = 0; i < 1500; i++) timer.observe(i < 500 ? 1e6 : 1)
  assert.deepEqual([metrics.snapshot()['t_ms/max'], metrics.snapshot()['t_ms/count']], [1, 1000])
})

test('a removed metric is gone in both forms and its name is free again', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.counter('frameworks/a').increment()
  metrics.remove('frameworks/a')
  metrics.remove('never there')
  assert.deepEqual(metrics.snapshot(), {})
  assert.doesNotMatch(await metrics.prometheus(), /frameworks_a/)
  assert.equal(metrics.counter('frameworks/a').value, 0)
})

test('names that map to one stay apart, and a name has one kind', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.counter('a/b').increment(1)
  metrics.counter('a_b').increment(2)
  assert.match(await metrics.prometheus(), /^a_b 1$[^]*^a_b_2 2$/m)
  assert.throws(() => metrics.gauge('a/b'), /metric a\/b is a counter, not a gauge/)
  assert.equal(prometheusName('1/a-b.c'), '_1_a_b_c')
})

test('system and process metrics are there', async () => {
  const metrics = createMetrics()
  registerSystemMetrics(metrics)
  assert.ok((metrics.snapshot()['system/cpus_total'] ?? 0) >= 1)
  assert.match(await metrics.prometheus(), /^nodejs_eventloop_lag_seconds /m)
})

test('the event loop tells how late it was, and begins anew once it was read', async () => {
  const metrics = createMetrics({ processMetrics: false })
  registerEventLoopDelay(metrics)
  await delay(30)
  const until = performance.now() + 80
  while (performance.now() < until);
  await delay(30)
  const first = metrics.snapshot()
  assert.ok((first['event_loop/delay_ms/max'] ?? 0) > 40, JSON.stringify(first))
  assert.ok((first['event_loop/delay_ms/p50'] ?? Infinity) <= (first['event_loop/delay_ms/max'] ?? 0))
  assert.deepEqual(metrics.snapshot(), first, 'one reading for all who look at the same time')
  await eventually(
    'another reading',
    () => metrics.snapshot()['event_loop/delay_ms/max'] !== first['event_loop/delay_ms/max'],
  )
})
