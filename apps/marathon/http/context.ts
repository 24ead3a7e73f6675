import type { MarathonState } from '@thermosphere/marathon-core'
import type { Config } from '../config.ts'
import type { Loggers } from '../logger.ts'
import type { MarathonShell } from '../shell/marathon-shell.ts'
import type { MarathonMetrics } from '../shell/metrics.ts'

/** What the routes work with. */
export type HttpContext = {
  readonly shell: MarathonShell
  readonly state: MarathonState
  readonly config: Config
  readonly metrics: MarathonMetrics
  readonly loggers: Loggers
  /** `host:port` of this instance, which is the leader. */
  readonly leader: () => string
  readonly abdicate: () => void
}
