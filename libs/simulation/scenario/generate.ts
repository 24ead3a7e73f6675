/** The scenario of a seed. */
import { createRandom } from '@thermosphere/effects'
import type { Millis, Random } from '@thermosphere/effects'
import type { ClientRequest } from '../workload/requests.ts'
import { generateWorkload } from '../workload/generate.ts'
import { drawCommand } from './commands.ts'
import { drawExecutorActions, drawExecutorFaults, hasExecutors } from './generate-executors.ts'
import { drawCrashes, drawDrainFaults, drawFault } from './generate-faults.ts'
import { drawRevocableActions } from './generate-revocable.ts'
import { drawStatefulActions } from './generate-stateful.ts'
import { namesOf, seedFor, startAt } from './scenario.ts'
import type { Action, Fault, Masters, Scenario, Sizes } from './scenario.ts'

const durationMsMin = 120_000
const durationMsMax = 480_000
/** One agent a slice, a few, and what a server has, which is never reached here. */
const allocationWorkMaxes = [1, 3, 20, 2_000] as const
const timersLateMsMax = 50

/** `sizes` fixes how many there are of a kind; the others are drawn. */
export function generateScenario(seed: number, sizes: Partial<Sizes> = {}): Scenario {
  const random = createRandom(seedFor(seed, 'scenario'))
  const all: Sizes = {
    master: 1 + random.integer(3),
    agent: 2 + random.integer(3),
    ...(seed % 2 === 0 ? orchestrators(random) : { framework: 1 + random.integer(2), marathon: 0, chronos: 0 }),
    ...sizes,
  }
  const isStateful = seed % 4 === 1
  const durationMs = durationMsMin + random.integer(durationMsMax - durationMsMin)
  const requests = drawRequests(seed, { sizes: all, durationMs })
  const actions = [
    ...drawActions(createRandom(seedFor(seed, 'actions')), { sizes: all, durationMs }),
    ...(isStateful ? drawStatefulActions(createRandom(seedFor(seed, 'stateful')), { sizes: all, durationMs }) : []),
    ...(hasExecutors(seed)
      ? drawExecutorActions(createRandom(seedFor(seed, 'executors')), { sizes: all, durationMs })
      : []),
    ...(isStateful ? drawRevocableActions(createRandom(seedFor(seed, 'revocable')), { sizes: all, durationMs }) : []),
  ]
  const faults = [
    ...drawFaults(createRandom(seedFor(seed, 'faults')), { sizes: all, durationMs }),
    ...drawCrashes(createRandom(seedFor(seed, 'crashes')), requests),
    ...drawDrainFaults(createRandom(seedFor(seed, 'drain faults')), actions),
    ...drawExecutorFaults(createRandom(seedFor(seed, 'executor faults')), actions, all),
  ]
  return {
    seed,
    sizes: all,
    isStateful,
    masters: drawMasters(createRandom(seedFor(seed, 'masters'))),
    durationMs,
    faults: faults.filter(({ at }) => at < durationMs),
    actions,
    requests,
  }
}

/** Every other seed has Marathon and Chronos in place of plain frameworks. */
function orchestrators(random: Random): Pick<Sizes, 'framework' | 'marathon' | 'chronos'> {
  return { framework: 0, marathon: 1 + random.integer(3), chronos: 1 + random.integer(3) }
}

/** Half of them are busy. */
function drawMasters(random: Random): Masters {
  const allocationWorkMax = allocationWorkMaxes[random.integer(allocationWorkMaxes.length)] ?? 1
  return { allocationWorkMax, timersLateMs: random.integer(2) * random.integer(timersLateMsMax) }
}

type Frame = { readonly sizes: Sizes; readonly durationMs: Millis }

function drawRequests(seed: number, { sizes, durationMs }: Frame): ClientRequest[] {
  if (sizes.marathon + sizes.chronos === 0) return []
  return generateWorkload({ seed: seedFor(seed, 'requests'), startAt, durationMs })
}

function drawFaults(random: Random, { sizes, durationMs }: Frame): Fault[] {
  const meanMs = 10_000 + random.integer(30_000)
  const faults: Fault[] = []
  for (let at = 5_000 + random.integer(10_000); at < durationMs; at += 1 + random.integer(2 * meanMs)) {
    faults.push(drawFault({ random, sizes, at }))
  }
  return faults
}

function drawActions(random: Random, { sizes, durationMs }: Frame): Action[] {
  const frameworks = namesOf('framework', sizes)
  const agents = namesOf('agent', sizes)
  const actions: Action[] = []
  if (frameworks.length === 0) return actions
  for (let at = 1_000; at < durationMs; at += 500 + random.integer(12_000)) {
    const framework = frameworks[random.integer(frameworks.length)] ?? 'framework-0'
    actions.push(drawAction(random, { at, framework, agent: agents[random.integer(agents.length)] ?? 'agent-0' }))
  }
  return actions
}

function drawAction(random: Random, place: { at: Millis; framework: string; agent: string }): Action {
  const { at, framework, agent } = place
  const role = `role-${framework.at(-1)}`
  const roll = random.integer(100)
  if (roll < 65) return { at, type: 'want', framework, command: drawCommand(random) }
  if (roll < 83) return { at, type: 'kill', framework, nth: random.integer(100) }
  if (roll < 88) return { at, type: 'suppress', framework }
  if (roll < 91) return drawQuota(random, { at, role })
  if (roll < 95) return { at, type: 'weight', role, weight: 1 + random.integer(9) }
  if (roll < 97) return { at, type: 'deactivate', agent }
  if (roll < 99) return { at, type: 'reactivate', agent }
  return { at, type: 'gone', agent }
}

function drawQuota(random: Random, place: { at: Millis; role: string }): Action {
  const roll = random.integer(8)
  return { ...place, type: 'quota', cpus: roll % 4, isGuaranteed: roll >= 4 }
}
