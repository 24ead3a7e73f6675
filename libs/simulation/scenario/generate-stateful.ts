/** What makes frameworks stateful: reservations, volumes and roles that come and go, and agents that are taken away. */
import type { Millis, Random } from '@thermosphere/effects'
import { drawCommand } from './commands.ts'
import { namesOf } from './scenario.ts'
import type { Sizes, StatefulAction } from './scenario.ts'
import type { Wish } from './wish.ts'

type Frame = { readonly sizes: Sizes; readonly durationMs: Millis }

/** Of one role on one agent there are so few ids that they are taken again and again. */
const volumeIdCount = 3

/** Between two of a kind. */
type Pace = { readonly minMs: Millis; readonly spanMs: Millis }
const wishPace: Pace = { minMs: 500, spanMs: 7_000 }
const rolePace: Pace = { minMs: 10_000, spanMs: 40_000 }
const operationPace: Pace = { minMs: 4_000, spanMs: 20_000 }
const quotaPace: Pace = { minMs: 15_000, spanMs: 60_000 }
const drainPace: Pace = { minMs: 20_000, spanMs: 60_000 }
const maintenancePace: Pace = { minMs: 30_000, spanMs: 90_000 }

/** Roles that a framework may have: its own, one below that, and one that all share. */
export const rolesOf = (framework: string): [string, string, string] => {
  const own = `role-${framework.at(-1)}`
  return [own, `${own}/side`, 'common']
}

const pick = <T>(random: Random, all: readonly [T, ...T[]]): T => all[random.integer(all.length)] ?? all[0]

export function drawStatefulActions(random: Random, { sizes, durationMs }: Frame): StatefulAction[] {
  const actions: StatefulAction[] = []
  const agent = (): string => `agent-${random.integer(sizes.agent)}`
  const framework = (): string => `framework-${random.integer(sizes.framework)}`
  const role = (): string => pick(random, rolesOf(framework()))
  const each = ({ minMs, spanMs }: Pace, draw: (at: Millis) => StatefulAction | readonly StatefulAction[]): void => {
    for (let at = minMs + random.integer(spanMs); at < durationMs; at += minMs + random.integer(spanMs))
      actions.push(...[draw(at)].flat())
  }
  if (namesOf('framework', sizes).length === 0) return actions
  each(wishPace, (at) => ({ at, type: 'wish', framework: framework(), wish: drawWish(random) }))
  each(rolePace, (at) => {
    const name = framework()
    return { at, type: 'role', framework: name, role: pick(random, rolesOf(name)) }
  })
  each(operationPace, (at) => {
    const operation = pick(random, ['reserve', 'unreserve', 'create', 'destroy'] as const)
    return { at, type: 'operate', agent: agent(), role: role(), operation }
  })
  each(quotaPace, (at) => {
    const [own] = rolesOf(framework())
    return { at, type: 'quota', role: own, cpus: random.integer(5), isGuaranteed: random.integer(3) > 0 }
  })
  each(drainPace, (at) => drawDrain(random, { at, agent: agent() }))
  each(maintenancePace, (at) => drawMaintenance(random, { at, agent: agent() }))
  return actions
}

function drawWish(random: Random): Wish {
  const isNamed = random.integer(2) === 0
  const mib = 32 * (1 + random.integer(8))
  const roll = random.integer(100)
  if (roll < 30) {
    const id = `v${random.integer(volumeIdCount)}`
    const command = random.integer(3) > 0 ? { command: drawCommand(random) } : {}
    return { isNamed, type: 'create', id, mib, ...command }
  }
  if (roll < 50) return { isNamed, type: 'use', command: drawCommand(random) }
  if (roll < 62) return { isNamed, type: 'destroy', isUnreserved: random.integer(2) === 0 }
  if (roll < 76) return { isNamed, type: 'reserve', cpus: 1 + random.integer(2) }
  if (roll < 88) return { isNamed, type: 'unreserve' }
  return { isNamed, type: roll < 94 ? 'grow' : 'shrink', mib: 16 * (1 + random.integer(3)) }
}

type Place = { readonly at: Millis; readonly agent: string }

/** Mostly the agent is taken back, sometimes while it still drains. */
function drawDrain(random: Random, { at, agent }: Place): StatefulAction[] {
  const isGone = random.integer(6) === 0
  const backAt = at + 2_000 + random.integer(60_000)
  return [
    { at, type: 'drain', agent, isGone },
    { at: backAt, type: 'reactivate', agent },
    { at: backAt + 30_000, type: 'reactivate', agent },
  ]
}

function drawMaintenance(random: Random, { at, agent }: Place): StatefulAction[] {
  const downAt = at + 1_000 + random.integer(30_000)
  const upAt = downAt + 5_000 + random.integer(60_000)
  if (random.integer(4) === 0)
    return [
      { at, type: 'schedule', agent },
      { at: downAt, type: 'unschedule', agent },
    ]
  return [
    { at, type: 'schedule', agent },
    { at: downAt, type: 'down', agent },
    { at: upAt, type: 'up', agent },
  ]
}
