/** How the process of an executor behaves, drawn once for its life. */
import type { Millis, Random } from '@thermosphere/effects'

export type ExecutorBehaviour = {
  /** How long its connection holds, as that of one in a bad network; Infinity when nothing ends it but its agent. */
  readonly connectionMs: Millis
  /** How long it may be away before it subscribes again. */
  readonly awayMsMax: Millis
  /** Infinity when it never subscribes. */
  readonly subscribesAfterMs: Millis
  /** It looks for an agent again once it has lost its own; one that does not goes on and tells nobody. */
  readonly returns: boolean
  /** It ends by itself, whatever it runs. */
  readonly diesAfterMs: Millis
  /** How long it stays without a task. */
  readonly idleMs: Millis
  /** It waits for nothing that is not acknowledged before it ends. */
  readonly isHasty: boolean
  /** It ends its tasks, and itself, when it is told to. */
  readonly obeysShutdown: boolean
  /** It tells that a task starts before it tells that it runs. */
  readonly tellsStarting: boolean
}

/** Some start as slowly as a virtual machine does. */
const startMsMaxes = [500, 5_000] as const
const awayMsMax = { steady: 1_000, lossy: 6_000 }
const connectionMs = { min: 1_000, span: 30_000 }
const lifeMsMax: Millis = 90_000
const idleMsMax: Millis = 20_000

export function drawExecutorBehaviour(random: Random): ExecutorBehaviour {
  const returns = random.integer(12) > 0
  const isLossy = returns && random.integer(3) === 0
  return {
    connectionMs: isLossy ? connectionMs.min + random.integer(connectionMs.span) : Infinity,
    awayMsMax: isLossy ? awayMsMax.lossy : awayMsMax.steady,
    returns,
    subscribesAfterMs: random.integer(25) === 0 ? Infinity : random.integer(startMsMaxes[random.integer(2)] ?? 0),
    diesAfterMs: random.integer(6) === 0 ? random.integer(lifeMsMax) : Infinity,
    idleMs: random.integer(3) === 0 ? Infinity : 500 + random.integer(idleMsMax),
    isHasty: random.integer(4) === 0,
    obeysShutdown: random.integer(8) > 0,
    tellsStarting: random.integer(4) === 0,
  }
}
