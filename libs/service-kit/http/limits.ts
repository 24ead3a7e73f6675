/** Bounds of an HTTP server, each with its reason. */
export const HTTP_LIMITS = {
  /** A Marathon group of a thousand apps is about 2 MB; nobody needs more in one request. */
  bodyBytesMax: 16 * 1024 * 1024,
  /** Node's default is 16 KiB; tokens and cookies of logins fit twice. */
  headerBytesMax: 32 * 1024,
  /** A request that takes longer to arrive holds a connection for nothing. */
  requestTimeoutMs: 120_000,
  headersTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  /** Each costs about 50 KiB; more than this is a leak or an attack. */
  connectionsMax: 10_000,
  /** Unsent bytes of one stream: a reader that is this far behind is cut, it reconnects and starts anew. */
  streamBufferBytesMax: 16 * 1024 * 1024,
  /** Proxies cut silent connections after 30 to 60 s. */
  heartbeatMs: 15_000,
  /** Below this gzip gains nothing. */
  gzipBytesMin: 1024,
} as const

export type HttpLimits = { readonly [K in keyof typeof HTTP_LIMITS]: number }
