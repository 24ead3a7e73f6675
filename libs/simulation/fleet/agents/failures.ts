/** `--fail`: what is to go wrong, and how often. */
import { parseDuration } from '@thermosphere/service-kit'

/** So many in that time. */
export type FailureRate = { readonly count: number; readonly perMs: number }

export type Failures = {
  /** Shares, 0 to 1. */
  readonly launches: number
  readonly tasks: number
  /** Agents whose process dies; it is back after `downMs`. */
  readonly crashes: FailureRate | undefined
  /** Links that break; their agents connect again at once. */
  readonly cuts: FailureRate | undefined
  readonly downMs: number
}

export const noFailures: Failures = { launches: 0, tasks: 0, crashes: undefined, cuts: undefined, downMs: 5_000 }

export const failuresForm =
  'parts of launches:<percent>, tasks:<percent>, crashes:<count>/<time>, cuts:<count>/<time>, down:<time>, ' +
  'as in tasks:1%,crashes:10/1mins,down:5secs'

const share = (text: string): number | undefined => {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1]
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent) / 100
}

function rate(text: string): FailureRate | undefined {
  const [, count, time = ''] = /^([1-9]\d{0,6})\/(.+)$/.exec(text) ?? []
  const perMs = parseDuration(time)
  return count === undefined || perMs === undefined || perMs < 1 ? undefined : { count: Number(count), perMs }
}

const readers: Readonly<Record<string, (value: string) => Partial<Failures> | undefined>> = {
  launches: (value) => field(share(value), (launches) => ({ launches })),
  tasks: (value) => field(share(value), (tasks) => ({ tasks })),
  crashes: (value) => field(rate(value), (crashes) => ({ crashes })),
  cuts: (value) => field(rate(value), (cuts) => ({ cuts })),
  down: (value) => field(parseDuration(value), (downMs) => ({ downMs })),
}

const field = <T>(value: T | undefined, make: (value: T) => Partial<Failures>): Partial<Failures> | undefined =>
  value === undefined ? undefined : make(value)

/** The failures, or the part of the text that is none. */
export function parseFailures(parts: readonly string[]): Failures | { readonly problem: string } {
  let failures = noFailures
  for (const part of parts) {
    const colon = part.indexOf(':')
    const read = Object.hasOwn(readers, part.slice(0, colon)) ? readers[part.slice(0, colon)] : undefined
    const given = read?.(part.slice(colon + 1).trim())
    if (given === undefined) return { problem: part }
    failures = { ...failures, ...given }
  }
  return failures
}
