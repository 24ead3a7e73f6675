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
