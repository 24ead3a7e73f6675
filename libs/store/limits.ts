/** Bounds that every engine keeps, so that data can move between them. */
export const STORE_LIMITS = {
  /** Ids and paths of the platform are far shorter; an index page holds several. */
  keyBytesMax: 1024,
  /** etcd refuses requests above 1.5 MiB. */
  valueBytesMax: 1024 * 1024,
  /** Changes kept for watchers that resume, in revisions. */
  changeLogRevisions: 10_000,
  /** The log is cut once it is longer than this many revisions above what is kept. */
  changeLogSlackRevisions: 1_000,
  /** Revisions looked through in one answer to a watcher. */
  watchPageRevisions: 512,
  /** Transactions in one commit: bounds how long the first waits for the last. */
  groupTransactionsMax: 1024,
  /** How long a writer waits for another process. */
  busyTimeoutMs: 5_000,
  /** How soon changes of another process on the same file are noticed. */
  foreignPollMs: 100,
  /** A candidate asks again at least this often. */
  campaignPollMsMax: 500,
} as const

/** Bounds of the etcd engine. */
export const ETCD_LIMITS = {
  /** etcd's default of --max-txn-ops. A nested transaction has what its parents leave of it, each level anew. */
  txnOperationsMax: 128,
  /** Operations beside each other on one level, so that three levels fit into the above: 42³ operations. */
  txnLevelWidth: 42,
  /** Conditions of one transaction; callers have one or two. */
  conditionsMax: 16,
  /** etcd refuses requests above 1.5 MiB (--max-request-bytes); the rest is for keys, conditions and framing. */
  requestBytesMax: 1_400_000,
  /** What an operation takes beside its key and value. */
  operationOverheadBytes: 16,
  /** Answers of a listing are fetched in pages of about this size. */
  listPageBytes: 1024 * 1024,
  listPageEntriesMax: 4_096,
  /** One attempt at one member: long enough for a slow disk, short enough to reach another one within a lease. */
  attemptTimeoutMs: 3_000,
  /** With less time left no further attempt is made: it would only hide why the others failed. */
  attemptMinMs: 50,
  /** A read, over all members and attempts. */
  readTimeoutMs: 10_000,
  /** A write, over all attempts; then its outcome is told as unknown. */
  transactTimeoutMs: 15_000,
  /** Opening waits that long for the first answer. */
  openTimeoutMs: 15_000,
  /** Giving up leadership and the session when closing; after that the leases run out by themselves. */
  releaseTimeoutMs: 2_000,
  /** Waits between rounds over the members. */
  retryDelayMs: 100,
  retryDelayMsMax: 1_000,
  /** A connection that carries nothing is probed this often, and given up when the probe is not answered in time. */
  keepaliveTimeMs: 10_000,
  keepaliveTimeoutMs: 5_000,
  /** How long a writer's session outlives its process; its marker keeps a late request from being applied. */
  sessionTtlSeconds: 60,
  /** Largest answer accepted, above what a page or a change of one revision can have. */
  answerBytesMax: 64 * 1024 * 1024,
  /** An observer asks again at least this often, should a watch have missed the end of a leader. */
  observePollMs: 5_000,
} as const

/** Bounds of a candidate. */
export const CANDIDATE_LIMITS = {
  /** Before the first repetition after a failure that passes; doubled each time. */
  retryDelayMs: 200,
  retryDelayMsMax: 5_000,
  /** What has worked that long counts as sound: the delays begin anew. */
  provenMs: 30_000,
  /** A term that takes longer to close is left behind; it can write nothing any more. */
  closeTimeoutMs: 5_000,
} as const
