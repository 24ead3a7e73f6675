export const REACH_LIMITS = {
  /** A start must not hang on a command that asks somebody. */
  discoveryTimeoutMs: 10_000,
  /** An address has at most 45 characters. */
  discoveryOutputBytesMax: 4096,
} as const
