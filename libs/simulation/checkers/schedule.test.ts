import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSchedule } from './schedule.ts'
import type { JobDefinition, JobRun, ScheduleHistory } from './schedule.ts'

const job: JobDefinition = { name: 'j', startAt: 1000, intervalMs: 1000, count: 4, epsilonMs: 200, durationMs: 50 }
const runAt = (startAt: number, more: Partial<JobRun> = {}): JobRun => ({
  job: 'j',
  taskId: `t${startAt}`,
  startAt,
  endAt: startAt + 50,
  ...more,
})
const check = (more: Partial<ScheduleHistory>) =>
  checkSchedule({ definitions: [job], runs: [], outages: [], readAt: 100_000, forgivenessMs: 0, ...more })

test('a run in each window satisfies the schedule', () => {
  const verdict = check({ runs: [1000, 2100, 3200, 4050].map((at) => runAt(at)) })
  assert.deepEqual(
    { isValid: verdict.isValid, required: verdict.required, satisfied: verdict.satisfied, extra: verdict.extra },
    { isValid: true, required: 4, satisfied: 4, extra: [] },
  )
})

test('a window without a run is named, and a run after its end does not count', () => {
  const verdict = check({ runs: [runAt(1000), runAt(2201), runAt(3000), runAt(4000)] })
  assert.equal(verdict.isValid, false)
  assert.deepEqual(verdict.missed, [{ job: 'j', nominalAt: 2000, closesAt: 2200 }])
  assert.deepEqual(verdict.extra, [runAt(2201)])
})

test('of overlapping windows the one that no run names is missed', () => {
  const runs = [2000, 3000, 4000].map((nominalAt) => runAt(nominalAt + 100, { nominalAt }))
  const { missed, satisfied } = check({ definitions: [{ ...job, epsilonMs: 6000 }], runs })
  assert.deepEqual([satisfied, missed], [3, [{ job: 'j', nominalAt: 1000, closesAt: 7000 }]])
})

test('a run within the forgiveness counts and is told as late', () => {
  const verdict = check({ forgivenessMs: 10, runs: [1000, 2201, 3000, 4000].map((at) => runAt(at)) })
  assert.deepEqual([verdict.isValid, verdict.late], [true, 1])
})

test('windows that touch an outage need no run; those beside it do', () => {
  const outages = [{ fromAt: 2150, untilAt: 3000 }]
  assert.deepEqual(check({ outages, runs: [runAt(1000), runAt(4000)] }), {
    isValid: true,
    required: 2,
    satisfied: 2,
    late: 0,
    excused: 2,
    missed: [],
    doubled: [],
    extra: [],
    incomplete: [],
  })
  assert.equal(check({ outages, runs: [runAt(1000)] }).missed[0]?.nominalAt, 4000)
})

test('an excused window takes no run from one that must be satisfied', () => {
  const definitions = [
    { ...job, count: 1, startAt: 1000, epsilonMs: 500 },
    { ...job, count: 1, startAt: 1100, epsilonMs: 600 },
  ]
  const outages = [{ fromAt: 900, untilAt: 1050 }]
  assert.deepEqual(check({ definitions, outages, runs: [runAt(1200)] }).missed, [])
})

test('an incomplete run satisfies nothing and is told', () => {
  const { endAt: _, ...begun } = runAt(1000)
  const verdict = check({ definitions: [{ ...job, count: 1 }], runs: [begun] })
  assert.deepEqual([verdict.isValid, verdict.missed.length, verdict.incomplete], [false, 1, [begun]])
})

test('two tasks for one time are doubled, outage or not; a retry of it is not', () => {
  const twice = [runAt(1000, { nominalAt: 1000 }), runAt(1001, { nominalAt: 1000 })]
  const definitions = [{ ...job, count: 1 }]
  const verdict = check({ definitions, outages: [{ fromAt: 0, untilAt: 9000 }], runs: twice })
  assert.deepEqual(verdict.doubled, [{ job: 'j', nominalAt: 1000, taskIds: ['t1000', 't1001'] }])
  assert.equal(verdict.isValid, false)
  const retried = [runAt(1000, { nominalAt: 1000 }), runAt(1100, { nominalAt: 1000, attempt: 1 })]
  assert.equal(check({ definitions, runs: retried }).isValid, true)
})

test('windows that could still be satisfied when the runs were read are not judged', () => {
  assert.equal(check({ readAt: 3240 }).required, 2)
})

test('a definition counts until it was replaced; the window open then may end either way', () => {
  const definitions = [{ ...job, untilAt: 2100 }]
  const verdict = check({ definitions, runs: [runAt(1000)] })
  assert.deepEqual([verdict.isValid, verdict.required, verdict.excused], [true, 1, 1])
})

test('a run of a job that nobody was told to be accepted is extra', () => {
  assert.equal(check({ definitions: [], runs: [runAt(1000)] }).extra.length, 1)
})
