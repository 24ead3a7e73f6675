import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cfsQuotaUs,
  cpuShares,
  cpuWeight,
  formatBytes,
  hardMemoryBytes,
  memoryLimitMessage,
  oomScoreAdjust,
  parseFlatKeyed,
  parseLimit,
  parsePids,
  softMemoryBytes,
} from './arithmetic.ts'

const MIB = 1024 * 1024

test('cpus become shares of 1024 each, at least 2', () => {
  assert.deepEqual(
    [0, 1, 100, 1000, 2500].map((cpusMilli) => cpuShares({ cpusMilli })),
    [2, 2, 102, 1024, 2560],
  )
  assert.equal(cpuShares({ cpusMilli: 2500, isRevocable: true }), 25)
})

test('cpus become weights of 100 each, between 1 and 10000', () => {
  assert.deepEqual(
    [0, 1, 100, 1000, 2500, 200_000].map((cpusMilli) => cpuWeight({ cpusMilli })),
    [1, 1, 10, 100, 250, 10_000],
  )
  assert.equal(cpuWeight({ cpusMilli: 2500, isRevocable: true }), 2)
})

test('the quota comes from the limit, else from the request when CFS is enabled', () => {
  const limits = { cpusMilli: 500, memBytes: 0 }
  const off = { isCfsEnabled: false }
  const on = { isCfsEnabled: true }
  assert.equal(cfsQuotaUs(limits, off), undefined)
  assert.equal(cfsQuotaUs(limits, on), 50_000)
  assert.equal(cfsQuotaUs({ ...limits, cpusLimitMilli: 2000 }, off), 200_000)
  assert.equal(cfsQuotaUs({ ...limits, cpusLimitMilli: Infinity }, on), undefined)
  assert.equal(cfsQuotaUs({ cpusMilli: 1, memBytes: 0 }, on), 1_000)
})

test('memory has a floor of 32 MB; the hard limit is the limit if there is one, else the request', () => {
  const limits = { cpusMilli: 0, memBytes: 10 * MIB }
  assert.equal(softMemoryBytes(limits), 32 * MIB)
  assert.equal(hardMemoryBytes(limits), 32 * MIB)
  assert.equal(hardMemoryBytes({ ...limits, memBytes: 64 * MIB }), 64 * MIB)
  assert.equal(hardMemoryBytes({ ...limits, memLimitBytes: 128 * MIB }), 128 * MIB)
  assert.equal(hardMemoryBytes({ ...limits, memLimitBytes: Infinity }), Infinity)
})

test('only a container that may exceed its request is first to go when the host runs out of memory', () => {
  const limits = { cpusMilli: 0, memBytes: 256 * MIB }
  assert.equal(oomScoreAdjust(limits, 1024 * MIB), undefined)
  assert.equal(oomScoreAdjust({ ...limits, memLimitBytes: 256 * MIB }, 1024 * MIB), undefined)
  assert.equal(oomScoreAdjust({ ...limits, memLimitBytes: Infinity }, 1024 * MIB), 750)
})

test('control files are read leniently', () => {
  assert.deepEqual(
    [...parseFlatKeyed('user 12\nsystem 3\nbad line here\n')],
    [
      ['user', 12],
      ['system', 3],
    ],
  )
  assert.equal(parseLimit('max\n'), undefined)
  assert.equal(parseLimit('9223372036854771712\n'), undefined)
  assert.equal(parseLimit('33554432\n'), 33_554_432)
  assert.deepEqual(parsePids('12\n0\n34\n\n'), [12, 34])
})

test('sizes are printed in the largest unit that loses nothing', () => {
  assert.deepEqual([0, 1, 1024, 33_550_336, 32 * MIB, 1024 * MIB].map(formatBytes), [
    '0B',
    '1B',
    '1KB',
    '32764KB',
    '32MB',
    '1GB',
  ])
})

test('the message of a memory limit names request, use and statistics', () => {
  const report = { limitBytes: 32 * MIB, maxUsedBytes: 32 * MIB, statistics: 'cache 0\nrss 1\n' }
  const text = 'Memory limit exceeded: Requested: 32MB Maximum Used: 32MB\n\nMEMORY STATISTICS: \ncache 0\nrss 1\n\n'
  assert.equal(memoryLimitMessage(report), text)
  const unknown = { limitBytes: undefined, maxUsedBytes: undefined, statistics: '' }
  assert.equal(memoryLimitMessage(unknown), 'Memory limit exceeded: \n\nMEMORY STATISTICS: \n\n')
})
