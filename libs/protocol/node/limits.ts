/** Bounds of the clients. */

/** Bytes; an OFFERS event of a large cluster is the largest record. */
export const RECORD_BYTES_MAX = 67_108_864
/** Bytes; error texts and refusals are short. */
export const ANSWER_BYTES_MAX = 1_048_576
/** Milliseconds until the headers of an answer must be there. */
export const ANSWER_TIMEOUT_MS = 15_000
/** A stream without this many heartbeats in a row is broken. */
export const HEARTBEATS_MISSED_MAX = 5
/** Milliseconds; Mesos' master sends a heartbeat every 15 s. */
export const HEARTBEAT_INTERVAL_MS = 15_000
/** Milliseconds for the same where another master can be asked instead: a stopped process accepts and says nothing. */
export const DIAL_TIMEOUT_MS = 5_000
/** Redirects to servers that are not in the list before the client waits. */
export const REDIRECTS_MAX = 3
/** Milliseconds a subscription must have lasted to reset the backoff. */
export const STABLE_MS = 10_000
/** Acknowledgements that wait for their answers; a server reads about so many at once. */
export const ACKNOWLEDGEMENTS_IN_FLIGHT_MAX = 128
export const BACKOFF_MIN_MS = 250
/** An election takes seconds; a longer pause would add to every failover. */
export const BACKOFF_MAX_MS = 2_000
