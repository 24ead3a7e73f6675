import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { Allocator, Resources } from '@thermosphere/offer-engine'
import { createMetrics } from '@thermosphere/service-kit'
import { configOf } from '../../config.ts'
import { allocatorOptions } from '../core-config.ts'
import { createAllocationTimes } from './allocation-times.ts'

test('an allocation run is timed from when it is asked for, and from its start to its end', () => {
  const metrics = createMetrics({ processMetrics: false })
  let now = 100
  const observer = createAllocationTimes(metrics, () => now)
  const allocator = new Allocator({ random: createRandom(1), observer })
  allocator.addFramework({ id: 'f', roles: ['*'] })
  for (const id of ['a', 'b']) allocator.addAgent({ id, hostname: id, total: Resources.parse('cpus:1;mem:99') })
  now += 7
  allocator.allocate(0, { workMax: 1 })
  now += 20
  while (allocator.isInRun) allocator.allocate(0, { batch: false, workMax: 1 })
  const snapshot = metrics.snapshot()
  const prefix = 'allocator/mesos/allocation_run'
  assert.equal(snapshot[`${prefix}_latency_ms`], 7)
  assert.equal(snapshot[`${prefix}_ms`], 20)
  for (const statistic of ['count', 'min', 'max', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'p9999']) {
    const expected = statistic === 'count' ? 1 : 20
    assert.equal(snapshot[`${prefix}_ms/${statistic}`], expected, statistic)
    assert.ok(`${prefix}_latency_ms/${statistic}` in snapshot, statistic)
  }
})

test('the flags of the sorters reach the allocator', () => {
  const { roleSorter, frameworkSorter } = allocatorOptions(configOf(['--role_sorter=random']))
  assert.deepEqual([roleSorter, frameworkSorter], ['random', 'drf'])
})
