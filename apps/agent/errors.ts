/** The agent's operational failures. Codes are stable and never reused. */
export type AgentErrorCode =
  | 'AGENT_JOURNAL_CORRUPT'
  | 'AGENT_WORK_DIR_LOCKED'
  | 'AGENT_CONFIG_INCOMPATIBLE'
  | 'AGENT_CONTAINERS_UNKNOWN'
  | 'AGENT_FETCH_FAILED'
  | 'AGENT_SANDBOX_FAILED'
  | 'AGENT_CONTAINERIZER_MISSING'
  | 'AGENT_LINK_REFUSED'

/** The message says what, why, and what to do. */
export class AgentError extends Error {
  readonly code: AgentErrorCode
  readonly retryable: boolean

  constructor(
    code: AgentErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AgentError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}
