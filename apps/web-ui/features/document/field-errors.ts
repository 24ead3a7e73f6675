import type { FieldErrors } from '../../api/http.ts'

/** `/healthChecks(0)/path` and `/env(PW)/secret` as `healthChecks.0.path` and `env.PW.secret`. */
export const fieldPath = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '')
    .flatMap((part) => part.split(/[()]/).filter((piece) => piece !== ''))
    .join('.')

/** The server's complaints by field; `claimed` are the fields the form shows, the rest go to the top. */
export type ErrorsByField = { at: (field: string) => string | undefined; elsewhere: FieldErrors[] }

export function errorsByField(errors: readonly FieldErrors[], claimed: readonly string[]): ErrorsByField {
  const byField = new Map<string, string[]>()
  const elsewhere: FieldErrors[] = []
  for (const one of errors) {
    const field = claimant(fieldPath(one.path), claimed)
    if (field === undefined) elsewhere.push(one)
    else byField.set(field, [...(byField.get(field) ?? []), ...one.errors.map(readable)])
  }
  return { at: (field) => byField.get(field)?.join(' '), elsewhere }
}

/** The closest field of the form: itself, or the one that contains it. */
function claimant(field: string, claimed: readonly string[]): string | undefined {
  for (let path = field; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.'))))
    if (claimed.includes(path)) return path
  return undefined
}

const codes: Record<string, string> = {
  'error.path.missing': 'This is required.',
  'error.expected.jsstring': 'This has to be text.',
  'error.expected.jsnumber': 'This has to be a number.',
  'error.expected.jsarray': 'This has to be a list.',
  'error.expected.jsobject': 'This has to be an object.',
  'error.expected.jsboolean': 'This has to be true or false.',
  'error.unknown.enum.literal': 'This value is not known.',
  'error.pattern': 'This has characters that are not allowed.',
  'error.minLength': 'This is too short.',
  'error.maxLength': 'This is too long.',
}

/** The server's own sentence, or words for its codes. */
const readable = (error: string) => codes[error] ?? (/^error\.min\b/.test(error) ? 'This is too small.' : error)
