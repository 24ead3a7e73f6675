/** `/allocator/offer_constraints_debug`: which agents the constraints of each framework keep from it. */
import { array, entries, object, text } from '../views/json.ts'
import { late, render, separated } from './parts.ts'
import type { Part, Rendering } from './parts.ts'
import type { Sight } from '../access/sight.ts'
import { currentFrameworks } from './snapshot.ts'
import type { Framework, Master } from '../model.ts'

export function offerConstraintsAnswer(m: Master, sight: Sight): Rendering {
  const frameworks = currentFrameworks(m, sight)
  return render(() => partsOf(m, frameworks))
}

function* partsOf(m: Master, frameworks: readonly Framework[]): Generator<Part> {
  yield '{"frameworks":{'
  yield* separated(frameworks.map((framework) => [late(() => memberOf(m, framework))]))
  yield '}}'
}

function memberOf(m: Master, { id, roles, suppressed }: Framework): string {
  // It may have left since the answer was begun.
  const known = m.frameworks.has(id) ? roles : []
  const excluded = known.map((role) => [role, array(m.allocator.excludedAgents(id, role).map(text))] as const)
  return `${text(id)}:${object({
    suppressed_roles: array([...suppressed].map(text)),
    excluded_by_attribute_constraints: entries(excluded),
  })}`
}
