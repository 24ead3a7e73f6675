/** Label selectors: `a==1, b!=2, c in (x,y), d notin (z), e`. */
type Labels = Readonly<Record<string, string>>
type Selector = (labels: Labels) => boolean
export type ParsedSelector = { readonly selector: Selector } | { readonly error: string }

const term = String.raw`((?:[A-Za-z0-9._-]|\\.)+)`
const unescape = (text: string): string => text.replaceAll(/\\(.)/g, '$1')
const patterns = {
  equals: new RegExp(`^\\s*${term}\\s*==\\s*${term}\\s*$`),
  differs: new RegExp(`^\\s*${term}\\s*!=\\s*${term}\\s*$`),
  in: new RegExp(`^\\s*${term}\\s+(in|notin)\\s*\\(([^()]*)\\)\\s*$`),
  exists: new RegExp(`^\\s*${term}\\s*$`),
  value: new RegExp(`^\\s*${term}\\s*$`),
}

/** Splits at commas outside parentheses and escapes. */
function requirementsOf(text: string): string[] {
  return text.match(/(?:\\.|\([^()]*\)|[^,\\])+/g) ?? []
}

function parseRequirement(text: string): Selector | undefined {
  const equals = patterns.equals.exec(text)
  if (equals) return (labels) => labels[unescape(equals[1] ?? '')] === unescape(equals[2] ?? '')
  const differs = patterns.differs.exec(text)
  if (differs) {
    const [key, value] = [unescape(differs[1] ?? ''), unescape(differs[2] ?? '')]
    return (labels) => labels[key] !== undefined && labels[key] !== value
  }
  const set = patterns.in.exec(text)
  if (set) return parseSet(unescape(set[1] ?? ''), set[2] === 'in', set[3] ?? '')
  const exists = patterns.exists.exec(text)
  return exists ? (labels) => labels[unescape(exists[1] ?? '')] !== undefined : undefined
}

function parseSet(key: string, isIn: boolean, list: string): Selector | undefined {
  const values = list.split(/(?<!\\),/).map((value) => patterns.value.exec(value)?.[1])
  if (values.some((value) => value === undefined)) return undefined
  const wanted = new Set(values.map((value) => unescape(value ?? '')))
  return (labels) => {
    const value = labels[key]
    return value !== undefined && wanted.has(value) === isIn
  }
}

export function parseLabelSelector(text: string): ParsedSelector {
  const requirements = requirementsOf(text)
  const parts = requirements.map(parseRequirement)
  const bad = parts.indexOf(undefined)
  if (parts.length === 0 || bad >= 0 || text.trim().endsWith(','))
    return { error: `Can not parse label selector ${text}. Reason: '${requirements[bad] ?? text}' is no requirement` }
  return { selector: (labels) => parts.every((part) => part?.(labels) === true) }
}
