/** Every bound of the shell, with its reason. */

/** Entries read from the store in one go at start. */
export const storePageMax = 10_000
/** Redirects and error pages of probed services are not kept; a readiness answer is, up to this. */
export const probeBodyBytesMax = 16_384
/** Probes that wait for a free place; more means that checks cannot keep their intervals, and the newest is dropped. */
export const probesWaitingMax = 100_000
/** SSE readers; each costs a socket and a buffer. */
export const eventStreamsMax = 1_000
/** Unread bytes an event may take on average: `event_stream_max_outstanding_messages` is kept in bytes. */
export const eventBytesAverage = 4_096
/** Marathon sends an empty line this often. */
export const eventHeartbeatMs = 10_000
/** Requests wait this long for their answer: a kill with wipe answers once the tasks have ended. */
export const commandTimeoutMs = 300_000
/** After `DELETE /v2/leader` the answer still has to reach its client. */
export const abdicateAfterMs = 500
/** Under this name the processes on one store elect their leader. */
export const leaderName = 'marathon'
/** Marathon: a standby asks this often who leads before it gives a request up, and waits that long in between. */
export const leaderAsksMax = 10
export const leaderAskMs = 250
/** Marathon: requests handed on to the leader at a time; more wait. */
export const proxiedMax = 64
