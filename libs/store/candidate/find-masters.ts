import type { LeaderSource, Masters } from '@thermosphere/protocol/node'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../open-store.ts'

/** How long until a store that could not be read is tried again. */
const retryMs = 1_000
/** The name under which masters elect their leader. */
const leaderName = 'master'

/**
 * What a `--master` flag says, split at its commas: addresses of masters as they are, or the URL of the store in which
 * they elect their leader (`etcd://…`, `sqlite:…`). A store that fails is tried again, `onProblem` is told.
 */
export function findMasters(flag: readonly string[], onProblem: (error: unknown) => void): Masters {
  const url = flag.join(',')
  return /^(etcds?:\/\/|sqlite:)/.test(url) ? watchLeader(url, onProblem) : flag
}

function watchLeader(url: string, onProblem: (error: unknown) => void): LeaderSource {
  return async function* leaders(signal) {
    while (!signal.aborted) {
      try {
        yield* leadersIn(url, signal)
      } catch (error) {
        onProblem(error)
        await pause(signal)
      }
    }
  }
}

async function* leadersIn(url: string, signal: AbortSignal): AsyncGenerator<string | undefined> {
  const store = await openStore(url)
  try {
    for await (const view of store.observeLeader(leaderName, { signal })) yield view?.value
  } finally {
    await store.close()
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(retryMs, undefined, { signal, ref: false })
  } catch {
    // Aborted: the loop above ends.
  }
}
