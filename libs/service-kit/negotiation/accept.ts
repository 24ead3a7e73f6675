/**
 * `Accept`, `Accept-Encoding` and what else is written like them. The most specific range decides whether something is
 * acceptable (RFC 9110, 12.5.1). As in Mesos, weights above 0 are not ranked, and one that is no number allows nothing.
 */

/** The first of the types that the header allows; one that is not there, or empty, allows all. */
export function acceptedType<Type extends string>(
  header: string | undefined,
  types: readonly Type[],
): Type | undefined {
  if (header === undefined || header.trim() === '') return types[0]
  const ranges = parseRanges(header)
  return types.find((type) => isAllowed(ranges, [type, type.replace(/\/.*/, '/*'), '*/*']))
}

/** Whether an `Accept-Encoding` asks for this coding: one that is not there asks for none. */
export const acceptsCoding = (header: string | undefined, coding: string): boolean =>
  isAllowed(parseRanges(header ?? ''), [coding, '*'])

/** Which ranges are allowed, and which are excluded. The first of several of one name counts. */
function parseRanges(header: string): ReadonlyMap<string, boolean> {
  const ranges = new Map<string, boolean>()
  for (const element of header.toLowerCase().replaceAll(/\s/g, '').split(',')) {
    const [name = '', ...parameters] = element.split(';')
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    if (!ranges.has(name)) ranges.set(name, weight === undefined || Number(weight.slice(2)) > 0)
  }
  return ranges
}

/** `candidates`: the ranges that something is in, the most specific first. */
const isAllowed = (ranges: ReadonlyMap<string, boolean>, candidates: readonly string[]): boolean =>
  candidates.map((name) => ranges.get(name)).find((allowed) => allowed !== undefined) ?? false
