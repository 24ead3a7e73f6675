import type { ProcessView } from '@thermosphere/master-core'
import type { MasterLoop } from '../shell/loop/master-loop.ts'
import type { Logging } from '../shell/logging/logging.ts'
import type { VirtualFiles } from './files/virtual-files.ts'

/** What the endpoints answer from. */
export type MasterContext = {
  readonly loop: MasterLoop
  readonly surroundings: ProcessView
  /** Metrics of the process: host, store, event loop. */
  readonly processMetrics: () => Record<string, number>
  readonly logging: Logging
  readonly files: VirtualFiles
}
