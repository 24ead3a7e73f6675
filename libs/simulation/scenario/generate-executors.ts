/** What frameworks run on executors of their own. */
import type { Millis, Random } from '@thermosphere/effects'
import { drawCommand } from './commands.ts'
import { namesOf } from './scenario.ts'
import type { Action, Fault, Sizes } from './scenario.ts'

type Frame = { readonly sizes: Sizes; readonly durationMs: Millis }

/** Half of the seeds with plain frameworks, and half of the stateful ones. */
export const hasExecutors = (seed: number): boolean => seed % 8 === 3 || seed % 8 === 5

export function drawExecutorActions(random: Random, { sizes, durationMs }: Frame): Action[] {
  const frameworks = namesOf('framework', sizes)
  const actions: Action[] = []
  if (frameworks.length === 0) return actions
  const framework = (): string => frameworks[random.integer(frameworks.length)] ?? 'framework-0'
  for (let at = 1_000; at < durationMs; at += 500 + random.integer(10_000))
    actions.push({ at, type: 'want-on-executor', framework: framework(), command: drawCommand(random) })
  for (let at = random.integer(40_000); at < durationMs; at += 5_000 + random.integer(60_000))
    actions.push({ at, type: 'shutdown-executor', framework: framework(), nth: random.integer(100) })
  return actions
}

/** One in so many launches is followed, within that long, by the end of an agent: an executor is just being started. */
const crashAfterOneIn = 10
const startingMs: Millis = 4_000

export function drawExecutorFaults(random: Random, actions: readonly Action[], sizes: Sizes): Fault[] {
  const agents = namesOf('agent', sizes)
  const wants = actions.filter(({ type }) => type === 'want-on-executor')
  const hit = wants.filter(() => random.integer(crashAfterOneIn) === 0)
  return hit.map((action) => {
    const target = agents[random.integer(agents.length)] ?? 'agent-0'
    const at = action.at + random.integer(startingMs)
    return { at, type: 'crash', target, acts: 1 + random.integer(6), ms: 500 + random.integer(10_000) }
  })
}
