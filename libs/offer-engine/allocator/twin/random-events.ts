import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { Pair } from './pair.ts'
import type { Op } from './pair.ts'

const eventsMax = 120

/** Plays the events of the seed to both allocators; returns how many runs they agreed on, throws where they do not. */
export function performSeed(seed: number): number {
  const random = createRandom(seed)
  const sorter = (): 'drf' | 'random' => (random.integer(4) === 0 ? 'random' : 'drf')
  const pair = new Pair({ roleSorter: sorter(), frameworkSorter: sorter() })
  const hasQuota = random.integer(2) === 0
  if (random.integer(2) === 0) pair.addBallast()
  pair.populate()
  for (let left = 10 + random.integer(eventsMax); left > 0; left--) {
    pair.apply(randomOp(random, hasQuota))
    pair.check()
  }
  return pair.runCount
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T
}

function randomOp(random: Random, hasQuota: boolean): Op {
  const which = random.integer(5)
  const isYes = random.integer(2) === 0
  switch (random.integer(hasQuota ? 20 : 18)) {
    case 0:
      return { op: 'agent', which, total: random.integer(5) }
    case 1:
      return { op: 'activate', which, active: isYes }
    case 2:
      return { op: 'framework', which, roles: random.integer(6) }
    case 3:
      return { op: 'resubscribe', which, roles: random.integer(6), suppress: isYes }
    case 4:
      return { op: 'connect', which, active: isYes }
    case 5:
      return { op: isYes ? 'suppress' : 'revive', which, all: random.integer(2) === 0 }
    case 6:
      return { op: 'weight', role: which, weight: pick(random, [1, 2, 0.5]) }
    case 18:
    case 19: {
      const [guarantee, limit] = [pick(random, [undefined, 3000, 9000]), pick(random, [undefined, 5000, 9500])]
      return { op: 'quota', role: random.integer(3), guarantee, limit }
    }
    default:
      return frequentOp(random)
  }
}

function frequentOp(random: Random): Op {
  if (random.integer(2) === 0) {
    return { op: 'tick', ms: pick(random, [0, 200, 1000, 3000]), workMax: pick(random, [Infinity, 1, 7]) }
  }
  const [cpus, refuseMs] = [pick(random, [0, 0.5, 1]), pick(random, [0, 100, 2500, 60_000])]
  return { op: 'give-back', which: random.integer(21), cpus, refuseMs }
}
