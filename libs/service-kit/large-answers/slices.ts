/**
 * Long work beside short work: generators that pause often take turns, one slice of a few milliseconds for each turn of
 * the event loop, however many there are. So a request that arrives waits for one slice.
 */
import { LARGE_ANSWER_LIMITS } from './limits.ts'

/** Works until the time is over; whether it is finished. */
type Slice = (deadline: number) => boolean

const waiting: Slice[] = []
let isArmed = false

function arm(): void {
  if (isArmed || waiting.length === 0) return
  isArmed = true
  setImmediate(() => {
    isArmed = false
    const next = waiting.shift()
    if (next && !next(performance.now() + LARGE_ANSWER_LIMITS.sliceMs)) waiting.push(next)
    arm()
  })
}

/** Runs in slices, in turn with everything else that does. */
export function inSlices(slice: Slice): void {
  waiting.push(slice)
  arm()
}

/** Resolves when it is this one's turn, with the time until which it may work before the next. */
export const myTurn = (): Promise<number> =>
  new Promise((resolve) => {
    inSlices((deadline) => {
      resolve(deadline)
      return true
    })
  })

/** What the generator returns; undefined when `isWanted` said no before it was finished. */
export function runInSlices<T>(
  work: Generator<undefined, T>,
  isWanted: () => boolean = () => true,
): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
  const stop = (): true => {
    work.return(undefined as T)
    resolve(undefined)
    return true
  }
  const slice = (deadline: number): boolean => {
    if (!isWanted()) return stop()
    try {
      do {
        const { done, value } = work.next()
        if (done === true) {
          resolve(value)
          return true
        }
      } while (performance.now() < deadline)
    } catch (error) {
      reject(error)
      return true
    }
    return false
  }
  inSlices(slice)
  return promise
}
