import type { Effect, Input, Master } from '@thermosphere/master-core'
import type { agentLink } from '@thermosphere/protocol'

/** Who looks at every leading master. */
export type MasterWatch = {
  onElected(master: Master, name: string): void
  before(master: Master, input: Input): void
  after(master: Master, input: Input, effects: readonly Effect[]): void
  /** A message leaves for an agent. */
  onTold(message: agentLink.MasterMessage): void
}
