/** Every bound of the gateway, with unit and reason. */

/** An upstream that has not even begun to answer by then is told as 504; event streams begin at once. */
export const headersTimeoutMs = 60_000
export const connectTimeoutMs = 3_000
/** Connections to one upstream: event streams of many open dashboards, and their requests. */
export const upstreamConnectionsMax = 1_024
/** Redirects from one server to the leader that are followed for one request; leadership moves less often. */
export const leaderRedirectsMax = 3
/** How long a looked-up agent address is trusted; an unknown id is looked up again at most this often. */
export const agentsFreshMs = 2_000
export const lookUpTimeoutMs = 5_000
/** An hour of capacity at one sample each 10 s. */
export const sampleIntervalMs = 10_000
export const samplesMax = 360
