import type { Effect, Input, Master } from '@thermosphere/master-core'
import type { Millis } from '@thermosphere/effects'
import type { agentLink } from '@thermosphere/protocol'

/** Who looks at every leading master. */
export type MasterWatch = {
  onElected(master: Master, name: string): void
  /** Of a step at `now` by the clock of its host; `master.now` is still that of the step before. */
  before(master: Master, input: Input, now: Millis): void
  after(master: Master, input: Input, effects: readonly Effect[]): void
  /** A message leaves for an agent. */
  onTold(master: Master, message: agentLink.MasterMessage): void
}
