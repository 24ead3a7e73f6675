import { errorMessage } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { LinearPattern } from '../../pattern/linear-pattern.ts'

/** What a constraint can look at. */
export interface ConstrainedAgent {
  readonly hostname: string
  readonly attributes: readonly mesos.Attribute[]
  readonly domain: mesos.DomainInfo | undefined
}

type Predicate = (value: mesos.Attribute | string | undefined) => boolean
type Selector = (agent: ConstrainedAgent) => mesos.Attribute | string | undefined
type Constraint = (agent: ConstrainedAgent) => boolean

/** Longest accepted pattern: more is a mistake or an attack. */
const patternLengthMax = 4096

/** Constraints by role: an agent passes if any group has only constraints that hold. */
export type CompiledConstraints = ReadonlyMap<string, readonly (readonly Constraint[])[]>

/** Throws an Error that says what is wrong, for the answer to SUBSCRIBE. */
export function compileOfferConstraints(constraints: scheduler.OfferConstraints | undefined): CompiledConstraints {
  const compiled = new Map<string, readonly (readonly Constraint[])[]>()
  for (const [role, { groups = [] }] of Object.entries(constraints?.role_constraints ?? {})) {
    compiled.set(
      role,
      groups.map((group) => (group.attribute_constraints ?? []).map(compileConstraint)),
    )
  }
  return compiled
}

/** Whether the constraints keep the agent's resources from the framework's role. */
export function isExcluded(constraints: CompiledConstraints, role: string, agent: ConstrainedAgent): boolean {
  const groups = constraints.get(role)
  if (!groups || groups.length === 0) return false
  return !groups.some((group) => group.every((holds) => holds(agent)))
}

function compileConstraint({ selector, predicate }: scheduler.AttributeConstraint): Constraint {
  const select = compileSelector(selector)
  const holds = compilePredicate(predicate)
  return (agent) => holds(select(agent))
}

function compileSelector(selector: scheduler.AttributeConstraint_Selector): Selector {
  const name = selector.attribute_name
  if (name !== undefined) return (agent) => agent.attributes.find((attribute) => attribute.name === name)
  switch (selector.pseudoattribute_type) {
    case 'HOSTNAME':
      return (agent) => agent.hostname
    case 'REGION':
      return (agent) => agent.domain?.fault_domain?.region.name
    case 'ZONE':
      return (agent) => agent.domain?.fault_domain?.zone.name
    default:
      throw new Error('Exactly one of `AttributeConstraint.Selector::name` and `pseudoattribute_type` must be set')
  }
}

function compilePredicate(predicate: scheduler.AttributeConstraint_Predicate): Predicate {
  if (predicate.exists) return (value) => value !== undefined
  if (predicate.not_exists) return (value) => value === undefined
  const { text_equals, text_not_equals, text_matches, text_not_matches } = predicate
  if (text_equals) return onText((text) => text === text_equals.value, false)
  if (text_not_equals) return onText((text) => text !== text_not_equals.value, true)
  if (text_matches) {
    const pattern = compilePattern(text_matches.regex)
    return onText((text) => pattern.matches(text), false)
  }
  if (text_not_matches) {
    const pattern = compilePattern(text_not_matches.regex)
    return onText((text) => !pattern.matches(text), true)
  }
  throw new Error('Unknown predicate type')
}

/** Attributes that are no text pass; a missing one counts as `missing`. */
function onText(test: (text: string) => boolean, missing: boolean): Predicate {
  return (value) => {
    if (value === undefined) return missing
    if (typeof value === 'string') return test(value)
    return value.type === 'TEXT' ? test(value.text?.value ?? '') : true
  }
}

function compilePattern(regex: string): LinearPattern {
  if (regex.length > patternLengthMax) throw new Error(`Regex longer than ${patternLengthMax} characters`)
  try {
    return new LinearPattern(regex)
  } catch (cause) {
    const reason = errorMessage(cause)
    throw new Error(`Failed to construct regex from pattern '${regex}': ${reason}`, { cause })
  }
}
