import type { Millis, Random } from '@thermosphere/effects'
import type { ClientRequest } from '../workload/requests.ts'
import { namesOf } from './scenario.ts'
import type { Action, Elected, Fault, Sizes, Ways } from './scenario.ts'

/** In half of the scenarios one of so many requests is followed by the end of the process that carries it out. */
const crashAfterOneIn = 3
/** What a request sets in motion is at its height within that long. */
const consequencesMs = 4_000

/** An agent is told to drain within that long of the operator's wish. */
const toldMs = 100
/** A connection that broke is mostly noticed, and made anew, after more than that. */
const unnoticedMs = 1_000

type Draw = { readonly random: Random; readonly sizes: Sizes; readonly at: Millis }

const storeName = 'store'
const between = (random: Random, low: number, high: number): number => low + random.integer(high - low)
const pick = <T>(random: Random, all: readonly T[]): T | undefined => all[random.integer(Math.max(1, all.length))]

const processes = (sizes: Sizes): string[] =>
  (['master', 'agent', 'framework', 'marathon', 'chronos'] as const).flatMap((kind) => namesOf(kind, sizes))

/** Masters are hit more often than their number says: a failover touches everybody. */
function target({ random, sizes }: Draw): string {
  if (random.integer(3) === 0) return pick(random, namesOf('master', sizes)) ?? 'master-0'
  return pick(random, processes(sizes)) ?? 'master-0'
}

const agent = ({ random, sizes }: Draw): string => pick(random, namesOf('agent', sizes)) ?? 'agent-0'

const clock = ({ random, sizes }: Draw): string => pick(random, processes(sizes)) ?? 'master-0'

const electedKinds = ['master', 'marathon', 'chronos'] as const

/** One kind of those that have a successor. */
const elected = ({ random, sizes }: Draw): Elected =>
  pick(
    random,
    electedKinds.filter((kind) => sizes[kind] > 1),
  ) ?? 'master'

/** Long ones outlast leases, pings and even the time for which an agent may be away. */
const span = (random: Random): Millis =>
  random.integer(3) === 0 ? between(random, 15_000, 90_000) : between(random, 500, 15_000)

const kinds: readonly ((draw: Draw) => Fault)[] = [
  crash,
  crash,
  crash,
  crash,
  partition,
  partition,
  partition,
  ({ at, ...draw }) => ({ at, type: 'pause', target: target({ at, ...draw }), ms: span(draw.random) }),
  ({ at, ...draw }) => ({ at, type: 'pause', target: target({ at, ...draw }), ms: span(draw.random) }),
  ({ at, ...draw }) => ({
    at,
    type: 'reboot',
    target: agent({ at, ...draw }),
    ms: between(draw.random, 5_000, 60_000),
  }),
  reset,
  reset,
  ({ at, random }) => ({ at, type: 'slow-network', latencyMs: between(random, 100, 2_000), ms: span(random) }),
  ({ at, random }) => ({ at, type: 'store-stall', ms: between(random, 500, 20_000) }),
  ({ at, random }) => ({ at, type: 'store-refuses', share: 0.2, ms: between(random, 1_000, 20_000) }),
  ({ at, random }) => ({ at, type: 'store-loses-answers', share: 0.3, ms: between(random, 1_000, 20_000) }),
  ({ at, ...draw }) => ({
    at,
    type: 'stop-at-write',
    leader: elected({ at, ...draw }),
    ms: between(draw.random, 12_000, 25_000),
  }),
  ({ at, ...draw }) => ({
    at,
    type: 'crash-after-end',
    target: agent({ at, ...draw }),
    ms: between(draw.random, 20_000, 90_000),
  }),
  ({ at, ...draw }) => ({ at, type: 'disk-full', target: agent({ at, ...draw }), ms: span(draw.random) }),
  ({ at, ...draw }) => ({ at, type: 'disk-slow', target: agent({ at, ...draw }), ms: span(draw.random) }),
  ({ at, ...draw }) => ({ at, type: 'clock-jump', target: clock({ at, ...draw }), byMs: jump(draw.random) }),
]

export function drawFault(draw: Draw): Fault {
  const make = pick(draw.random, kinds) ?? crash
  return make(draw)
}

/** Ends of those who lead while they do what they were asked: between a write, what is sent for it, and its answer. */
export function drawCrashes(random: Random, requests: readonly ClientRequest[]): Fault[] {
  // A new leader asks for the state of everything, which would hide what nobody asks for otherwise.
  if (random.integer(2) === 0) return []
  const hit = requests.filter(() => random.integer(crashAfterOneIn) === 0)
  return hit.map(({ after, to }) => {
    const at = after + random.integer(consequencesMs)
    return { at, type: 'crash', target: to, acts: 1 + random.integer(6), ms: between(random, 500, 20_000) }
  })
}

/** Most drains are decided while their agent or leader is being lost: it must be told again, or by another one. */
export function drawDrainFaults(random: Random, actions: readonly Action[]): Fault[] {
  return actions.flatMap((action) => (action.type === 'drain' ? drawDrainFault(random, action) : []))
}

function drawDrainFault(random: Random, { at, agent }: { readonly at: Millis; readonly agent: string }): Fault[] {
  const resetAt = Math.max(0, at - unnoticedMs + random.integer(unnoticedMs + toldMs))
  const reset: Fault = { at: resetAt, type: 'reset', one: 'master', other: agent }
  const failover = (failsAt: Millis): Fault => {
    const acts = 1 + random.integer(4)
    return { at: failsAt, type: 'crash', target: 'master', acts, ms: between(random, 500, 20_000) }
  }
  const roll = random.integer(4)
  if (roll === 0) return [reset]
  if (roll === 1) return [reset, failover(at + toldMs + random.integer(unnoticedMs))]
  return roll === 2 ? [failover(at)] : []
}

function jump(random: Random): Millis {
  const ms = random.integer(2) === 0 ? random.integer(5_000) : random.integer(3_600_000)
  return random.integer(2) === 0 ? ms : -ms
}

function crash(draw: Draw): Fault {
  const { random, at } = draw
  return { at, type: 'crash', target: target(draw), acts: 1 + random.integer(12), ms: between(random, 500, 20_000) }
}

function reset({ random, sizes, at }: Draw): Fault {
  const all = processes(sizes)
  const one = pick(random, namesOf('master', sizes)) ?? 'master-0'
  return { at, type: 'reset', one, other: pick(random, all) ?? one }
}

function partition(draw: Draw): Fault {
  const { random, at } = draw
  const shapes = [isolate, isolate, halves, oneWay, oneWay, fromStore]
  const { shape, ways } = (pick(random, shapes) ?? isolate)(draw)
  return { at, type: 'partition', shape, ways, ms: span(random) }
}

type Cut = { readonly shape: string; readonly ways: Ways }

const bothWays = (ones: readonly string[], others: readonly string[]): Ways =>
  ones.flatMap((one) => others.flatMap((other) => [[one, other] as const, [other, one] as const]))

function isolate(draw: Draw): Cut {
  const one = target(draw)
  const others = [...processes(draw.sizes), storeName].filter((name) => name !== one)
  return { shape: `${one} alone`, ways: bothWays([one], others) }
}

function halves({ random, sizes }: Draw): Cut {
  const shuffled = random.shuffle([...processes(sizes), storeName])
  const half = shuffled.slice(0, shuffled.length >> 1)
  return { shape: `halves: ${half.join(' ')}`, ways: bothWays(half, shuffled.slice(half.length)) }
}

function oneWay({ random, sizes }: Draw): Cut {
  const master = pick(random, namesOf('master', sizes)) ?? 'master-0'
  const other =
    pick(
      random,
      processes(sizes).filter((name) => !name.startsWith('master')),
    ) ?? 'agent-0'
  const way = random.integer(2) === 0 ? ([master, other] as const) : ([other, master] as const)
  return { shape: `one way ${way[0]} to ${way[1]}`, ways: [way] }
}

function fromStore({ random, sizes }: Draw): Cut {
  const all = electedKinds.flatMap((kind) => namesOf(kind, sizes))
  const one = pick(random, all) ?? 'master-0'
  return { shape: `${one} without its store`, ways: bothWays([one], [storeName]) }
}
