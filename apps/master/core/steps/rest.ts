/**
 * Steps that take long, in pieces. Nobody sees the inside of a step: no other input and no read comes in between, so
 * that a piece may end with the books half done; each only has to be short.
 */
import type { Master } from '../model.ts'

/** Work that may be cut at each `yield`; what lies between two of them takes some 10 µs. */
export type Rest<T = void> = Generator<undefined, T, undefined>

/**
 * This is still to be done in the step that is running, once what runs now has returned or yields. Of several, the
 * first that was left comes first.
 */
export function leaveForRest(m: Master, rest: Rest): void {
  m.left.push(rest)
}

/** Does what was left, as far as one piece of a step goes; returns whether that was all. */
export function workOff(m: Master): boolean {
  for (let work = 0; work < m.config.stepWorkMax; work++) {
    // What a rest leaves comes before what is left of itself.
    for (let rest = m.left.pop(); rest !== undefined; rest = m.left.pop()) m.rests.push(rest)
    const rest = m.rests.at(-1)
    if (rest === undefined) return true
    if (rest.next().done === true) m.rests.pop()
  }
  return m.left.length + m.rests.length === 0
}
