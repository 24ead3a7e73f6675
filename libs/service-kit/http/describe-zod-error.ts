import type { z } from 'zod'

type Issue = z.core.$ZodIssue
const PROBLEMS_MAX = 20
const SHOWN_LENGTH_MAX = 60

/** Every problem as `field: what was wrong, what is allowed`, joined by `; `. `input` lets it show what was given. */
export function describeZodError(error: z.ZodError, input?: unknown): string {
  const problems = listZodProblems(error, input)
  const shown = problems.slice(0, PROBLEMS_MAX)
  const rest = problems.length - shown.length
  return shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '')
}

/** The problems one by one. */
export function listZodProblems(error: z.ZodError, input?: unknown): string[] {
  return error.issues.map((issue) => describeIssue(issue, input))
}

function describeIssue(issue: Issue, input: unknown): string {
  const field = fieldName(issue.path)
  const text = issueText(issue)
  if (issue.code === 'unrecognized_keys' || issue.code === 'custom') return field === '' ? text : `${field}: ${text}`
  const isSize = issue.code === 'too_big' || issue.code === 'too_small'
  const got = givenText({ value: valueAt(input, issue.path), input, isSize })
  return (field === '' ? text : `${field}: ${text}`) + got
}

/** `container.portMappings[0].hostPort` */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = ''
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`
    else name += (name === '' ? '' : '.') + String(part)
  }
  return name
}

function issueText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`
    case 'too_small':
      return `must ${sizeText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`
    case 'too_big':
      return `must ${sizeText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`
    case 'unrecognized_keys':
      return `unknown ${issue.keys.length === 1 ? 'field' : 'fields'} ${issue.keys.join(', ')}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return formatText(issue)
    case 'invalid_union':
      return unionText(issue)
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.map((inner) => describeIssue(inner, undefined)).join(', ')
    case 'custom':
      return issue.message
  }
}

function formatText(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (!issue.message.startsWith('Invalid')) return issue.message
  return issue.format === 'regex' && issue.pattern !== undefined
    ? `must match ${issue.pattern}`
    : `must be a valid ${issue.format}`
}

function unionText(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (issue.errors.length === 0) return issue.message.toLowerCase()
  const options = issue.errors.map((option) => option.map((inner) => describeIssue(inner, undefined)).join(' and '))
  return [...new Set(options)].join(', or ')
}

function sizeText(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string') return `have ${relation} ${bound} ${Number(bound) === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `have ${relation} ${bound} ${Number(bound) === 1 ? 'entry' : 'entries'}`
  return `be ${relation} ${bound}`
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number'
  if (expected === 'record' || expected === 'object') return 'an object'
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function givenText({ value, input, isSize }: { value: unknown; input: unknown; isSize: boolean }): string {
  if (input === undefined) return ''
  if (value === undefined) return ', but it is missing'
  if (Array.isArray(value) && isSize) return `, not ${value.length}`
  if (typeof value === 'object' && value !== null) return `, not ${Array.isArray(value) ? 'an array' : 'an object'}`
  const text = JSON.stringify(value) ?? String(value)
  return `, not ${text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text}`
}
