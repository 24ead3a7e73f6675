import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoopClock } from './loop-clock.ts'
import { steadyClock } from './steady-clock.ts'

const minute = 60_000
const hour = 60 * minute

function machine(wallAt = 1_000_000) {
  const time = { wall: wallAt, monotonic: 7_000 }
  const clock: LoopClock = {
    now: () => time.wall,
    monotonicNow: () => time.monotonic,
    immediate: () => () => undefined,
    timeout: () => () => undefined,
    sliceNow: () => 0,
  }
  const pass = (ms: number): void => {
    time.wall += ms
    time.monotonic += ms
  }
  return { steady: steadyClock(clock), time, pass }
}

test('a clock that nobody sets is the wall clock', () => {
  const { steady, time, pass } = machine()
  for (const ms of [0, 1, 999, hour]) {
    pass(ms)
    assert.equal(steady.now(), time.wall)
  }
})

for (const jumpMs of [5_000, -5_000, hour, -hour]) {
  test(`a wall clock that is set by ${jumpMs / 1000} s changes a minute by three seconds at most`, () => {
    const { steady, time, pass } = machine()
    const before = steady.now()
    time.wall += jumpMs
    assert.equal(steady.now(), before)
    pass(minute)
    assert.ok(Math.abs(steady.now() - before - minute) <= 3_000)
  })

  test(`a day after a wall clock was set by ${jumpMs / 1000} s its date is told, and no look went back`, () => {
    const { steady, time, pass } = machine()
    time.wall += jumpMs
    let last = steady.now()
    for (let minutes = 0; minutes < 24 * 60; minutes++) {
      pass(minute)
      assert.ok(steady.now() >= last)
      last = steady.now()
    }
    assert.equal(last, time.wall)
  })
}

test('a machine that slept for a night has the date of the morning at once', () => {
  const { steady, time } = machine()
  time.wall += 8 * hour
  assert.equal(steady.now(), time.wall)
})
