import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { CgroupsV2 } from './cgroups-v2.ts'
import type { ContainerId } from '../containerizer.ts'

const MIB = 1024 * 1024
const place = { containerId: 'one' as ContainerId }

let mountPoint: string
let cgroups: CgroupsV2

const file = (name: string): string => join(mountPoint, 'mesos/one', name)
const read = (name: string): string => readFileSync(file(name), 'utf8')

/** A directory tree with the files that a kernel would make. */
beforeEach(async () => {
  mountPoint = mkdtempSync(join(tmpdir(), 'thermosphere-cgroup2-'))
  writeFileSync(join(mountPoint, 'cgroup.controllers'), 'cpuset cpu io memory hugetlb pids\n')
  writeFileSync(join(mountPoint, 'cgroup.subtree_control'), 'cpu\n')
  cgroups = new CgroupsV2({ mountPoint, root: 'mesos', isCfsEnabled: true })
  await cgroups.prepare()
  await cgroups.create(place)
  writeFileSync(file('memory.max'), 'max\n')
})
afterEach(() => rmSync(mountPoint, { recursive: true }))

test('missing controllers are handed down at each level', () => {
  assert.equal(readFileSync(join(mountPoint, 'cgroup.subtree_control'), 'utf8'), '+memory +pids')
  assert.equal(readFileSync(join(mountPoint, 'mesos/cgroup.subtree_control'), 'utf8'), '+cpu +memory +pids')
})

test('a tree without the controllers is refused by their names', async () => {
  writeFileSync(join(mountPoint, 'cgroup.controllers'), 'hugetlb\n')
  await assert.rejects(cgroups.prepare(), {
    code: 'CGROUPS_UNAVAILABLE',
    message: /offers no cpu, memory, pids controller/,
  })
})

test('[mesos 138] limits become weight, cap, low, max and pids', async () => {
  await cgroups.limit(place, { cpusMilli: 500, memBytes: 64 * MIB, pidsMax: 10 })
  assert.equal(read('cpu.weight'), '50')
  assert.equal(read('cpu.max'), '50000 100000')
  assert.equal(read('memory.low'), String(64 * MIB))
  assert.equal(read('memory.max'), String(64 * MIB))
  assert.equal(read('memory.oom.group'), '1')
  assert.equal(read('pids.max'), '10')
})

test('the memory limit is raised later, but never lowered', async () => {
  await cgroups.limit(place, { cpusMilli: 500, memBytes: 64 * MIB })
  await cgroups.limit(place, { cpusMilli: 500, cpusLimitMilli: Infinity, memBytes: 40 * MIB })
  assert.equal(read('cpu.max'), 'max 100000')
  assert.equal(read('memory.low'), String(40 * MIB))
  assert.equal(read('memory.max'), String(64 * MIB))
  await cgroups.limit(place, { cpusMilli: 500, memBytes: 40 * MIB, memLimitBytes: Infinity })
  assert.equal(read('memory.max'), 'max')
})

test('a nested container has a place in its parent and no limits of its own', async () => {
  const nested = { containerId: 'two' as ContainerId, parent: place.containerId }
  await cgroups.create(nested)
  await cgroups.limit(nested, { cpusMilli: 500, memBytes: 64 * MIB })
  assert.throws(() => readFileSync(file('mesos/two/cpu.weight')), { code: 'ENOENT' })
  assert.deepEqual(cgroups.joinLines(nested), [`echo 0 >'${file('mesos/two/cgroup.procs')}'`])
})

test('usage is read under the names of Mesos', async () => {
  writeFileSync(
    file('cpu.stat'),
    'usage_usec 3500000\nuser_usec 2000000\nsystem_usec 1500000\nnr_periods 5\nnr_throttled 2\nthrottled_usec 250000\n',
  )
  writeFileSync(file('cpu.weight'), '50\n')
  writeFileSync(file('memory.stat'), 'anon 1000\nfile 200\n')
  writeFileSync(file('memory.current'), '1300\n')
  writeFileSync(file('memory.max'), '33554432\n')
  writeFileSync(file('cgroup.procs'), '10\n11\n')
  writeFileSync(file('cgroup.threads'), '10\n11\n12\n')
  assert.deepEqual(await cgroups.usage(place, 7), {
    timestamp: 7,
    cpusUserTimeSecs: 2,
    cpusSystemTimeSecs: 1.5,
    cpusNrPeriods: 5,
    cpusNrThrottled: 2,
    cpusThrottledTimeSecs: 0.25,
    cpusLimit: 0.5,
    memRssBytes: 1000,
    memAnonBytes: 1000,
    memFileBytes: 200,
    memTotalBytes: 1300,
    memLimitBytes: 33_554_432,
    processes: 2,
    threads: 3,
  })
})

test('out-of-memory kills are counted, and reported with the peak, or the limit where the kernel keeps none', async () => {
  assert.equal(await cgroups.outOfMemoryKills(place), 0)
  writeFileSync(file('memory.events'), 'low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 1\n')
  writeFileSync(file('memory.max'), '33554432\n')
  writeFileSync(file('memory.stat'), 'anon 33000000\n')
  assert.equal(await cgroups.outOfMemoryKills(place), 1)
  const report = { limitBytes: 33_554_432, maxUsedBytes: 33_554_432, statistics: 'anon 33000000\n' }
  assert.deepEqual(await cgroups.memoryReport(place), report)
  writeFileSync(file('memory.peak'), '33000448\n')
  assert.deepEqual(await cgroups.memoryReport(place), { ...report, maxUsedBytes: 33_000_448 })
})

test('a container without a cgroup any more has no members and cannot be killed again', async () => {
  rmSync(file(''), { recursive: true })
  assert.deepEqual(await cgroups.members(place), [])
  await cgroups.killAll(place)
  mkdirSync(file(''))
  await cgroups.remove(place)
  await cgroups.remove(place)
})
