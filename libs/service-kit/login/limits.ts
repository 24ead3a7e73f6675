/** Bounds of what is read for logins. */
export const LOGIN_LIMITS = {
  /** A principal is a name in headers, counters and logs. */
  principalLengthMax: 1024,
  secretLengthMax: 8192,
  /** One HMAC each at the start, one look-up for each request. */
  credentialsMax: 100_000,
} as const
