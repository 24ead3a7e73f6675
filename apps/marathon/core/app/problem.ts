/** What is wrong with a request, as Marathon reports it: a path into the body and texts. */
import type { z } from 'zod'

export type Problem = { readonly path: string; readonly error: string }
export type ProblemDetail = { readonly path: string; readonly errors: readonly string[] }

export function problem(path: string, error: string): Problem {
  return { path, error }
}

/** Problems of equal path become one detail, in order of first appearance. */
export function detailsOf(problems: readonly Problem[]): ProblemDetail[] {
  const byPath = new Map<string, string[]>()
  for (const { path, error } of problems) {
    const errors = byPath.get(path)
    if (errors === undefined) byPath.set(path, [error])
    else if (!errors.includes(error)) errors.push(error)
  }
  return [...byPath].map(([path, errors]) => ({ path, errors }))
}

/** Fields whose members are map entries: their keys are written in parentheses. */
const mapFields = new Set(['env', 'labels', 'secrets', 'options'])

function pathText(keys: readonly PropertyKey[]): string {
  let result = ''
  let parent: PropertyKey | undefined
  for (const key of keys) {
    const isEntry = typeof key === 'number' || (typeof parent === 'string' && mapFields.has(parent))
    result += isEntry ? `(${String(key)})` : `/${String(key)}`
    parent = key
  }
  return result === '' ? '/' : result
}

function valueAt(body: unknown, keys: readonly PropertyKey[]): unknown {
  let value = body
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

const expectedCodes: Readonly<Record<string, string>> = {
  string: 'error.expected.jsstring',
  number: 'error.expected.jsnumber',
  int: 'error.expected.jsnumber',
  array: 'error.expected.jsarray',
  object: 'error.expected.jsobject',
  record: 'error.expected.jsobject',
  boolean: 'error.expected.jsboolean',
}

function codeOf(issue: z.core.$ZodIssue, isAbsent: boolean): string {
  if (isAbsent) return 'error.path.missing'
  switch (issue.code) {
    case 'invalid_type':
      return expectedCodes[issue.expected] ?? 'error.invalid'
    case 'invalid_value':
      return 'error.unknown.enum.literal'
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `error.minLength(${issue.minimum})`
        : `error.min(${issue.minimum})`
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `error.maxLength(${issue.maximum})`
        : `error.max(${issue.maximum})`
    case 'invalid_format':
      return 'error.pattern'
    case 'invalid_union':
      return 'error.expected.jsobject'
    default:
      return 'error.invalid'
  }
}

/** The shape errors of a body in Marathon's codes. */
export function shapeProblems(error: z.ZodError, body: unknown): Problem[] {
  return error.issues.map((issue) =>
    problem(pathText(issue.path), codeOf(issue, valueAt(body, issue.path) === undefined)),
  )
}
