/** Every bound of the job framework's decisions, with unit and reason. */

export const jobsMax = 100_000
/** Names become parts of task ids (255 bytes at most) and of store keys. */
export const nameLengthMax = 128
export const textLengthMax = 65_536
export const listLengthMax = 1_000
/** Mesos refuses longer task ids. */
export const taskIdLengthMax = 255
/** Finished and missed runs kept for each job; the oldest go first. */
export const historyRunsMaxDefault = 1_000
/** Occurrences of one gap that are written down one by one; the rest is one record with their count. */
export const missedRecordsMax = 20
/** Run times from which the percentiles of a job are taken. */
export const runTimesMax = 100
/** An ACCEPT that brought no update for that long is asked about. */
export const launchingDoubtMs = 30_000
/** Work is scheduled after a start as soon as running tasks are known, at the latest after that. */
export const recoveryWaitMs = 30_000
/** A task of an unreachable agent is given up after that. */
export const unreachableTimeoutMs = 15 * 60_000
/** Offers held while nothing fits are declined for that long; a new run revives. */
export const idleDeclineSeconds = 3_600
