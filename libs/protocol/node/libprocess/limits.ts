/** Bounds of messages between processes of libprocess. */

/** Bytes of one message: the offers of a large cluster are the largest. */
export const LIBPROCESS_MESSAGE_BYTES_MAX = 67_108_864
/** Bytes that wait for a peer that does not read; then its connection is cut, and who linked it is told. */
export const LIBPROCESS_QUEUE_BYTES_MAX = 67_108_864
/** Connections to peers, each a file descriptor; a process that comes when there are so many is told to be gone. */
export const LIBPROCESS_PEERS_MAX = 1_000
/** Milliseconds for a connection to be made. */
export const LIBPROCESS_CONNECT_MS = 10_000
/** Milliseconds a connection that nobody linked is kept without a message. */
export const LIBPROCESS_IDLE_MS = 30_000
/** Milliseconds of silence after which the system asks whether a peer is still there. */
export const LIBPROCESS_KEEP_ALIVE_MS = 30_000
/** Milliseconds for what was said last to arrive before connections are cut. */
export const LIBPROCESS_CLOSE_MS = 500
/** Characters of the name of a process, and of a message. */
export const LIBPROCESS_NAME_LENGTH_MAX = 256
/** Bytes of the request line and fields of a first message, by which its sender is known. */
export const LIBPROCESS_HEAD_BYTES_MAX = 16_384
