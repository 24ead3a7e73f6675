/** Every bound of the command line, with unit and reason. */

/** A part that is not ready by then has a problem that its log tells better than further waiting. */
export const readyTimeoutMs = 60_000
export const readyPollMs = 50
/** Agents try to register after a second at most; one that takes longer joins later, which is told. */
export const joinTimeoutMs = 15_000
/** Agents end their tasks with a grace of some seconds before they end themselves. */
export const stopTimeoutMs = 20_000
export const restartDelayMinMs = 500
export const restartDelayMaxMs = 30_000
/** After that long without an end a part counts as stable again. */
export const stableAfterMs = 60_000
/** Below this the store's first write is likely to fail. */
export const diskFreeMinBytes = 64 * 2 ** 20
export const agentsMax = 100
/** More of one kind on one machine survive nothing more. */
export const groupMax = 9
/** Each member of etcd more makes every write slower; etcd advises seven at most. */
export const etcdsMax = 7
/** A question to one part about itself. */
export const lookUpTimeoutMs = 2_000
/** A cluster file says a few dozen things. */
export const clusterFileBytesMax = 1_048_576
export const requestTimeoutMs = 30_000
/** Signals that come closer together are one press of Ctrl-C, delivered by terminal and npm alike. */
export const secondSignalAfterMs = 1_000
export const logTailBytes = 4_096
/** One record of a task's output; agents send what they read at once, 64 KiB. */
export const recordBytesMax = 4 * 2 ** 20
