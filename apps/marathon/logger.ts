import { createLogger } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'

/** The loggers of Marathon. They write warnings to standard error until main.ts has read its flags. */
let root = createLogger({ name: 'marathon', level: 'warn' })
export let log: Logger = root
export let mesosLog: Logger = root.child({ part: 'mesos' })
export let httpLog: Logger = root.child({ part: 'http' })

/** Called once by main.ts. */
export function useLogger(logger: Logger): void {
  root = logger
  log = root
  mesosLog = root.child({ part: 'mesos' })
  httpLog = root.child({ part: 'http' })
}
