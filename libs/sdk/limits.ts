/** Bounds of frameworks and executors. Options change those that say so. */

/** Offers that wait for the author's loop; further ones are declined at once. Option `offers.heldMax`. */
export const OFFERS_HELD_MAX = 64
/** Milliseconds that an offer may stay without an answer before it is declined. Option `offers.holdMs`. */
export const OFFER_HOLD_MS = 30_000
/** Milliseconds for which declined resources are not offered again; Mesos' default. Option `offers.refuseMs`. */
export const REFUSE_MS = 5_000

/** Statuses of one task without a uuid that wait for the handler; of more, the newest are kept. */
export const STATUSES_WAITING_MAX = 16
/** Tasks whose last handled update is remembered; a repeat of an older one reaches the handler once more. */
export const HANDLED_UPDATES_MAX = 100_000
/** Statuses that wait for one loop over a task; of more, the newest are kept. */
export const STATUSES_UNREAD_MAX = 64

/** Milliseconds between two rounds of reconciliation; Mesos advises 10 to 15 minutes. Option `reconcileIntervalMs`. */
export const RECONCILE_INTERVAL_MS = 900_000
/** Milliseconds until a task that was asked for and not answered is asked for again: doubled from MIN to MAX. */
export const RECONCILE_AGAIN_MIN_MS = 1_000
export const RECONCILE_AGAIN_MAX_MS = 60_000

/** Milliseconds until a kill is repeated for a task that has not ended: doubled from MIN to MAX. */
export const KILL_AGAIN_MIN_MS = 5_000
export const KILL_AGAIN_MAX_MS = 60_000

/** Milliseconds that the master waits for a framework with an id store; a week. Option `failoverTimeoutMs`. */
export const FAILOVER_TIMEOUT_STORED_MS = 604_800_000
/** The same without a store: enough for new leaders and broken networks, not for an instance that never returns. */
export const FAILOVER_TIMEOUT_MS = 600_000
/** Milliseconds that `close` waits for handlers of updates. */
export const CLOSE_WAIT_MS = 5_000
/** Milliseconds that `teardown` waits for a master that takes the call. */
export const TEARDOWN_WAIT_MS = 60_000
/** Milliseconds between its attempts. */
export const TEARDOWN_AGAIN_MS = 100

/** Characters of a framework's id, as of every id in Mesos. */
export const ID_CHARS_MAX = 255
/** Characters of the message of a failed task; an error may carry a whole page. */
export const FAILURE_MESSAGE_CHARS_MAX = 2_000
