import { createLogger } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'

/** The loggers of the agent. They write to standard error until main.ts has read its flags. */
let root = createLogger({ name: 'agent', level: 'warn' })
export let log: Logger = root
export let linkLog: Logger = root.child({ part: 'link' })
export let containerLog: Logger = root.child({ part: 'containers' })

/** Called once by main.ts. */
export function useLogger(logger: Logger): void {
  root = logger
  log = root
  linkLog = root.child({ part: 'link' })
  containerLog = root.child({ part: 'containers' })
}
