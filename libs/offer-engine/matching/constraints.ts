import { assertNever } from '@thermosphere/effects'
import { fieldValue, scalarText } from './field-values.ts'
import type { Placement, PlacementConstraint, Refusal } from './types.ts'

interface Situation {
  readonly value: string
  /** Values of the field where instances are placed; undefined where the agent lacks it. */
  readonly placed: readonly (string | undefined)[]
  readonly instances: number
}

/** Every constraint that the place does not fulfil, given where the other instances are. */
export function unfulfilledConstraints(
  constraints: readonly PlacementConstraint[],
  place: Placement,
  others: { readonly placed: readonly Placement[]; readonly instances: number },
): Refusal[] {
  return constraints.flatMap((constraint) => {
    const value = fieldValue(constraint.field, place)
    const holds =
      value === undefined
        ? constraint.operator === 'UNLIKE'
        : fulfils(constraint, {
            value,
            placed: others.placed.map((other) => fieldValue(constraint.field, other)),
            instances: others.instances,
          })
    return holds ? [] : [refusal(constraint, value)]
  })
}

function refusal(constraint: PlacementConstraint, value: string | undefined): Refusal {
  const { field, operator } = constraint
  const needed = [field, operator, constraint.value].filter((part) => part !== undefined).join(' ')
  return {
    reason: 'UnfulfilledConstraint',
    needed,
    offered: value === undefined ? `no attribute ${field}` : `${field} = ${value}`,
  }
}

function fulfils({ operator, value: wanted }: PlacementConstraint, situation: Situation): boolean {
  const { value, placed } = situation
  switch (operator) {
    case 'UNIQUE':
      return count(placed, value) === 0
    case 'CLUSTER':
      return wanted === undefined || wanted === '' ? placed.length === 0 || placed[0] === value : value === wanted
    case 'LIKE':
      return wholeMatch(wanted, value)
    case 'UNLIKE':
      return !wholeMatch(wanted, value)
    case 'IS':
      return isEqual(value, wanted ?? '')
    case 'IN':
      return listValues(wanted ?? '').some((item) => isEqual(value, item))
    case 'MAX_PER':
      return count(placed, value) < Number(wanted)
    case 'GROUP_BY':
      return wanted === undefined || wanted === '' ? fitsLeastGroup(situation) : fitsGroup(situation, Number(wanted))
    default:
      return assertNever(operator)
  }
}

function count(placed: readonly (string | undefined)[], value: string): number {
  let found = 0
  for (const other of placed) if (other === value) found++
  return found
}

function countByValue(placed: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of placed) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** Evenly over the values seen so far. */
function fitsLeastGroup({ value, placed }: Situation): boolean {
  const counts = countByValue(placed)
  const mine = counts.get(value)
  return mine === undefined || mine === Math.min(...counts.values())
}

/** Never more than `groups` values; each gets its even part, and some of them one more for the remainder. */
function fitsGroup({ value, placed, instances }: Situation, groups: number): boolean {
  const counts = countByValue(placed)
  const mine = counts.get(value)
  if (mine === undefined) return counts.size < groups
  const even = Math.floor(instances / groups)
  if (mine < even) return true
  let extra = 0
  for (const placedThere of counts.values()) extra += Math.max(0, placedThere - even)
  return mine === even && extra < instances % groups
}

/** A pattern that is no regular expression matches nothing; the API refuses it when the app is made. */
function wholeMatch(pattern: string | undefined, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern ?? ''})$`).test(value)
  } catch {
    return false
  }
}

function isEqual(value: string, wanted: string): boolean {
  if (value === wanted) return true
  const number = Number(wanted)
  return wanted.trim() !== '' && Number.isFinite(number) && value === scalarText(number)
}

/** `a,b` or `{a,b}`. */
function listValues(text: string): string[] {
  return text
    .replace(/^\s*[{[]|[}\]]\s*$/g, '')
    .split(',')
    .map((item) => item.trim())
}
