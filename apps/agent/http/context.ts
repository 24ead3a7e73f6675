import type { SandboxCollector } from '../shell/containers/sandbox-collector.ts'
import type { Fetcher } from '../shell/fetcher/fetcher.ts'
import type { AgentShell } from '../shell/agent-shell.ts'
import type { Background, Logger, Logging } from '@thermosphere/service-kit'
import type { Config } from '../config.ts'
import type { Doors } from './access/doors.ts'

/** What the routes work on. */
export type HttpContext = {
  readonly shell: AgentShell
  readonly flags: Readonly<Record<string, string>>
  readonly fetcher: Fetcher
  readonly collector: SandboxCollector
  readonly config: Config
  readonly background: Background
  readonly logger: Logger
  readonly logging: Logging
  readonly doors: Doors
}
