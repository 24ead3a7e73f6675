import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planRoll } from './roll.ts'
import type { RollInput } from './roll.ts'

const base: RollInput = {
  target: 4,
  minimumHealthCapacity: 1,
  maximumOverCapacity: 1,
  oldHealthy: 4,
  oldUnhealthy: 0,
  oldUnknown: 0,
  dying: 0,
  fresh: 0,
  ready: 0,
}

type Case = readonly [
  name: string,
  input: Partial<RollInput>,
  killUnhealthy: number,
  killHealthy: number,
  start: number,
]
const half = { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 }
const none = { minimumHealthCapacity: 0, maximumOverCapacity: 0 }
const tight = { minimumHealthCapacity: 1, maximumOverCapacity: 0 }

const cases: readonly Case[] = [
  ['[marathon 65] {1,1} starts all beside the old ones', {}, 0, 0, 4],
  ['{1,1} kills one for each that is ready', { fresh: 4, ready: 1 }, 0, 1, 0],
  ['{0.5,0} kills half first', half, 0, 2, 0],
  ['{0.5,0} starts when the killed ones are gone', { ...half, oldHealthy: 2 }, 0, 0, 2],
  ['{0.5,0} waits for those that die', { ...half, oldHealthy: 2, dying: 2 }, 0, 0, 0],
  ['{0,0} kills all first', none, 0, 4, 0],
  ['{0,0} starts all when they are gone', { ...none, oldHealthy: 0 }, 0, 0, 4],
  ['[marathon 66] {1,0} takes one extra for a moment', tight, 0, 0, 1],
  ['{1,0.1} is the same as {1,0}', { ...tight, maximumOverCapacity: 0.1 }, 0, 0, 1],
  ['{1,0} kills one old for the extra one', { ...tight, fresh: 1, ready: 1 }, 0, 1, 0],
  ['one instance with {0.5,0} takes an extra one', { ...half, target: 1, oldHealthy: 1 }, 0, 0, 1],
  ['[marathon 67] unhealthy old ones go first', { ...half, oldHealthy: 3, oldUnhealthy: 1 }, 1, 0, 0],
  [
    'an upgrade whose old instances are all unhealthy is not stuck',
    { ...tight, oldHealthy: 0, oldUnhealthy: 4 },
    4,
    0,
    0,
  ],
  [
    '[marathon 75] a new leader that knows of no health yet waits for it instead of killing',
    { ...tight, oldHealthy: 0, oldUnhealthy: 4, oldUnknown: 4 },
    0,
    0,
    0,
  ],
  [
    'a ready one does not replace an old one of unknown health while fewer than the minimum are known to be healthy',
    { ...tight, target: 2, oldHealthy: 0, oldUnhealthy: 2, oldUnknown: 2, fresh: 1, ready: 1 },
    0,
    0,
    0,
  ],
  [
    'ready ones replace old ones of unknown health once they are enough without them',
    { ...tight, target: 2, oldHealthy: 0, oldUnhealthy: 1, oldUnknown: 1, fresh: 2, ready: 2 },
    1,
    0,
    0,
  ],
  ['with room the unhealthy ones stay until new ones are ready', { oldHealthy: 0, oldUnhealthy: 4 }, 0, 0, 4],
  [
    'a ready one replaces an unhealthy old one',
    { ...tight, target: 1, oldHealthy: 0, oldUnhealthy: 1, fresh: 1, ready: 1 },
    1,
    0,
    0,
  ],
  ['new ones that are not ready are waited for', { oldHealthy: 4, fresh: 4 }, 0, 0, 0],
  [
    'rounding does not invent an instance',
    { target: 30, minimumHealthCapacity: 0.1, maximumOverCapacity: 0, oldHealthy: 30 },
    0,
    27,
    0,
  ],
]

describe('the plan of a rolling restart', () => {
  for (const [name, input, killUnhealthy, killHealthy, start] of cases)
    test(name, () => {
      const plan = planRoll({ ...base, ...input })
      assert.deepEqual({ ...plan }, { killUnhealthy, killHealthy, start, isDone: false })
    })

  test('is done when all new ones are ready and no old one is left', () => {
    assert.equal(planRoll({ ...base, oldHealthy: 0, fresh: 4, ready: 4 }).isDone, true)
    assert.equal(planRoll({ ...base, oldHealthy: 0, fresh: 4, ready: 4, dying: 1 }).isDone, false)
  })
})
