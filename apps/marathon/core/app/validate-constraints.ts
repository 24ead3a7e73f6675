import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

const operators = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'MAX_PER', 'UNLIKE', 'IS']
const attributesPage = 'http://mesos.apache.org/documentation/latest/attributes-resources/'
const isPattern = /^[a-zA-Z0-9_/.-]*$/

export function validateConstraints(constraints: readonly (readonly string[])[]): Problem[] {
  return constraints.flatMap((constraint, index) => {
    const error = constraintError(constraint)
    return error === undefined ? [] : [problem(`/constraints(${index})`, error)]
  })
}

function constraintError(constraint: readonly string[]): string | undefined {
  const [field, operator, value] = constraint
  if (constraint.length === 0) return 'Missing field and operator'
  if (constraint.length === 1 || constraint.length > 3) return 'Each constraint must have either 2 or 3 fields'
  if (field === undefined || field === '') return 'missing field for constraint declaration'
  if (operator === undefined || !operators.includes(operator))
    return 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS'
  return valueError(operator, value)
}

function valueError(operator: string, value: string | undefined): string | undefined {
  const isInteger = value !== undefined && /^-?\d+$/.test(value)
  switch (operator) {
    case 'UNIQUE':
      return value === undefined || value === '' ? undefined : 'UNIQUE does not accept a value'
    case 'GROUP_BY':
      return value === undefined || value === '' || isInteger
        ? undefined
        : 'GROUP BY must define an integer value or else no value at all'
    case 'MAX_PER':
      return isInteger ? undefined : 'MAX_PER requires an integer value'
    case 'IS':
      return value !== undefined && isPattern.test(value)
        ? undefined
        : `IS only supports Mesos text and float values (see ${attributesPage})`
    case 'LIKE':
    case 'UNLIKE':
      return patternError(value)
    default:
      return undefined
  }
}

function patternError(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return 'LIKE and UNLIKE require a non-empty, regular expression value'
  try {
    new RegExp(value)
    return undefined
  } catch {
    return `'${value}' is not a valid regular expression`
  }
}
