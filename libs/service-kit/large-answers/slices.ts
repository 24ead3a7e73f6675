/**
 * Long work beside short work: generators that pause often take turns, a few milliseconds of all of them together in
 * each turn of the event loop, however many there are. So a request that arrives waits for one slice.
 */
import { LARGE_ANSWER_LIMITS } from './limits.ts'

/** Works until the time is over; whether it is finished. */
type Slice = (deadline: number) => boolean

/** `isAlone`: it works after the slices of its turn, so that it has to be the last of them. */
type Waiting = { readonly slice: Slice; readonly isAlone: boolean }

const waiting: Waiting[] = []
let isArmed = false

function arm(): void {
  if (isArmed || waiting.length === 0) return
  isArmed = true
  setImmediate(takeTurn)
}

function takeTurn(): void {
  isArmed = false
  const deadline = performance.now() + LARGE_ANSWER_LIMITS.sliceMs
  // What is not finished comes again in the next turn, behind those that wait longer.
  for (let left = waiting.length; left > 0 && performance.now() < deadline; left--) {
    const next = waiting.shift()
    if (!next) break
    if (!next.slice(deadline)) waiting.push(next)
    if (next.isAlone) break
  }
  arm()
}

/** Takes steps until one says that it was the last, in turn with everything else that does. */
export function inSlices(isLastStep: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const slice = (deadline: number): boolean => {
    try {
      while (!isLastStep()) if (performance.now() >= deadline) return false
      resolve()
    } catch (error) {
      reject(error)
    }
    return true
  }
  waiting.push({ slice, isAlone: false })
  arm()
  return promise
}

/** Resolves when it is this one's turn, with the time until which it may work before the next. */
export const myTurn = (): Promise<number> =>
  new Promise((resolve) => {
    const slice = (deadline: number): true => {
      resolve(deadline)
      return true
    }
    waiting.push({ slice, isAlone: true })
    arm()
  })

/** What the generator returns; undefined when `isWanted` said no before it was finished. */
export async function runInSlices<T>(
  work: Generator<undefined, T>,
  isWanted: () => boolean = () => true,
): Promise<T | undefined> {
  let result: T | undefined
  await inSlices(() => {
    const { done, value } = isWanted() ? work.next() : work.return(undefined as T)
    if (done === true) result = value
    return done === true
  })
  return result
}
