/** What hosts can spare for a while, who takes it, and when it is taken back. */
import type { Millis, Random } from '@thermosphere/effects'
import { drawCommand } from './commands.ts'
import { namesOf } from './scenario.ts'
import type { Sizes, StatefulAction } from './scenario.ts'

type Frame = { readonly sizes: Sizes; readonly durationMs: Millis }

const spareCpusMax = 3
const spareMibMax = 512
/** An agent looks at the load every five seconds: a short time of it may pass unseen. */
const overloadMs = { min: 2_000, span: 15_000 }

/** Whether a framework takes revocable resources to begin with: every other one does. */
export const takesRevocable = (framework: string): boolean => Number(framework.at(-1)) % 2 === 0

export function drawRevocableActions(random: Random, { sizes, durationMs }: Frame): StatefulAction[] {
  const actions: StatefulAction[] = []
  const agents = namesOf('agent', sizes)
  const frameworks = namesOf('framework', sizes)
  if (frameworks.length === 0) return actions
  const agent = (): string => agents[random.integer(agents.length)] ?? 'agent-0'
  const framework = (): string => frameworks[random.integer(frameworks.length)] ?? 'framework-0'
  const each = (minMs: Millis, spanMs: Millis, draw: (at: Millis) => StatefulAction): void => {
    for (let at = random.integer(minMs + spanMs); at < durationMs; at += minMs + random.integer(spanMs))
      actions.push(draw(at))
  }
  each(3_000, 25_000, (at) => {
    const cpus = random.integer(spareCpusMax + 1)
    return { at, type: 'spare', agent: agent(), cpus, mib: random.integer(2) * (1 + random.integer(spareMibMax)) }
  })
  each(1_000, 9_000, (at) => ({ at, type: 'burst', framework: framework(), command: drawCommand(random) }))
  each(10_000, 50_000, (at) => {
    return { at, type: 'overload', agent: agent(), ms: overloadMs.min + random.integer(overloadMs.span) }
  })
  each(30_000, 90_000, (at) => ({ at, type: 'capability', framework: framework() }))
  return actions
}
