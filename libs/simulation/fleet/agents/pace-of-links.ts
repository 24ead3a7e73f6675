/** How fast one process may begin links of thousands of agents: it would get to hardly any answer in time. */
import { setTimeout as delay } from 'node:timers/promises'

export const begunATurn = 32
const aheadMax = 256
/** Whoever does not reach the leader holds the others up no longer. */
const patienceMs = 200

/** Resolves when not many more are begun than have reached the leader. */
export async function caughtUp(begunCount: number, reachedCount: () => number): Promise<void> {
  const deadline = performance.now() + patienceMs
  do await delay(1)
  while (begunCount - reachedCount() > aheadMax && performance.now() < deadline)
}
