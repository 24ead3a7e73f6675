import type { Master, ProcessView } from '@thermosphere/master-core'
import type { Logging } from '@thermosphere/service-kit'
import type { MasterLoop } from '../shell/loop/master-loop.ts'
import type { Leading } from './standby.ts'
import type { VirtualFiles } from './files/virtual-files.ts'
import type { Logins } from './login/logins.ts'

/** What the endpoints answer from. */
export type MasterContext = {
  /** Of the term; throws NotLeading without one. */
  readonly loop: MasterLoop
  readonly leading: () => Leading
  /** For views that a standby has as well: the leader's state, or one that knows nothing. */
  readonly masterOrBlank: () => Master
  /** What is read of the master after it, before anything else is waited for, is of one moment. */
  readonly whole: (shows: { readonly agents: boolean }) => Promise<void>
  readonly surroundings: ProcessView
  /** Metrics of the process: host, store, event loop. */
  readonly processMetrics: () => Record<string, number>
  /** A reader was cut because it did not take what it had asked for. */
  readonly onSlowReader: () => void
  readonly logging: Logging
  readonly files: VirtualFiles
  readonly logins: Logins
}
