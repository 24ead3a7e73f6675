/** Bounds of the agent link. */

/** Bytes of one message; a re-registration lists every task of an agent. */
export const LINK_MESSAGE_BYTES_MAX = 268_435_456
/** Bytes that wait for an agent that does not read; then it is cut and comes back. A thousand launches are 4 MiB. */
export const LINK_QUEUE_BYTES_MAX = 67_108_864
/** Streams of one connection: an agent opens another connection for another attempt. */
export const LINK_STREAMS_MAX = 1
/** Messages that one agent may say before others are read; HTTP/2 lets it send no more than a window. */
export const LINK_MESSAGES_A_TURN_MAX = 256
/** Milliseconds of a turn in which links are read; the rest waits as bytes. */
export const LINK_READ_SLICE_MS = 8
/** Milliseconds until links are read again when who hears them is behind. */
export const LINK_RECHECK_MS = 1
/**
 * Milliseconds of a turn in which connections are begun: thousands of agents may come at once. One takes a quarter of a
 * millisecond, but 10 on a busy machine or while V8 marks its heap, which it does as memory of sessions is allocated.
 */
export const LINK_BEGIN_SLICE_MS = 8
/** Bytes that an agent may have under way: a re-registration of a thousand tasks without waiting for the master. */
export const LINK_WINDOW_BYTES = 1_048_576
/** Milliseconds a connection may be without a stream. */
export const LINK_STREAM_TIMEOUT_MS = 30_000
/** Milliseconds for what was said last to arrive before connections are cut. */
export const LINK_CLOSE_MS = 500
/** Megabytes (HTTP/2 counts so) of one connection in the library; what waits is bounded above. */
export const LINK_SESSION_MEMORY_MB_MAX = 1_024
