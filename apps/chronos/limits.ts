/** Bounds of the shell, with unit and reason; those of decisions are in core/limits.ts. */

/** A job with a long script and many variables is far smaller. */
export const bodyBytesMax = 1_048_576
export const searchLimitDefault = 10
export const searchLimitMax = 100_000
export const nextRunsMax = 1_000
export const runsShownMax = 1_000
/** A store or core that does not answer a request by then is told as 503. */
export const commandTimeoutMs = 30_000
export const eventSubscribersMax = 1_000
/** Entries of one listing while state is loaded. */
export const loadPage = 1_000
/** Before a framework that the master has removed begins anew. */
export const resubscribeDelayMs = 2_000
/** Before a subscription that the master refused for another reason is tried again. */
export const refusedDelayMs = 30_000
/** Messages to owners under way at a time; what comes on top is dropped and counted. */
export const notificationsPendingMax = 1_000
export const notificationTimeoutMs = 10_000
/** Under this name the processes on one store elect their leader. */
export const leaderName = 'chronos'
/** A leader whose port does not answer by then is told as 503. */
export const connectTimeoutMs = 5_000
/** Requests handed on to the leader at a time, event streams included; more wait. */
export const forwardsMax = 1_000
/** A leader that does not begin to answer by then is told as 503. */
export const forwardTimeoutMs = 30_000
