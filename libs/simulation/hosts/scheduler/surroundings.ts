import type { Random } from '@thermosphere/effects'
import type { LoopClock } from '@thermosphere/service-kit'
import type { Leadership, Store } from '@thermosphere/store'
import type { Report } from './report.ts'
import type { ConnectionClock, Dial } from './scheduler-connection.ts'

/** What a framework's process stands in. All of it falls silent when the process crashes. */
export type Surroundings = {
  readonly store: Store
  /** What the store has of a key, or had when another leader was elected. */
  readonly durable: (key: string, leadership: Leadership) => string | undefined
  readonly clock: ConnectionClock
  readonly loopClock: LoopClock
  readonly random: Random
  readonly masters: readonly string[]
  readonly dial: Dial
  readonly onFatal: (error: unknown) => void
  readonly report: Report
}
