import type { Random } from '@thermosphere/effects'
import type { LoopClock } from '@thermosphere/service-kit'
import type { Store } from '@thermosphere/store'
import type { Report } from './report.ts'
import type { ConnectionClock, Dial } from './scheduler-connection.ts'

/** What a framework's process stands in. All of it falls silent when the process crashes. */
export type Surroundings = {
  readonly store: Store
  /** What a crash now would leave of a key. */
  readonly durable: (key: string) => string | undefined
  readonly clock: ConnectionClock
  readonly loopClock: LoopClock
  readonly random: Random
  readonly masters: readonly string[]
  readonly dial: Dial
  readonly onFatal: (error: unknown) => void
  readonly report: Report
}
