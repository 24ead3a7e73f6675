/** Every bound of the job framework's decisions, with unit and reason. */

export const jobsMax = 100_000
/** Names become parts of task ids (255 bytes at most) and of store keys. */
export const nameLengthMax = 128
export const textLengthMax = 65_536
export const listLengthMax = 1_000
/** Mesos refuses longer task ids. */
export const taskIdLengthMax = 255
/** Occurrences of one gap that are written down one by one; the rest is one record with their count. */
export const missedRecordsMax = 20
/** Run times from which the percentiles of a job are taken. */
export const runTimesMax = 100
/** An ACCEPT that brought no update for that long is asked about. */
export const launchingDoubtMs = 30_000
/** Launches after the first that may go without an answer and cost no retry. */
export const unconfirmedLaunchesMax = 3
/** An agent that is back without a task says nothing of it: runs on unreachable agents are asked about this often. */
export const unreachableDoubtMs = 10_000
/** Work is scheduled after a start as soon as running tasks are known, at the latest after that. */
export const recoveryWaitMs = 30_000
/** With `catchUp: none`, an occurrence that is reached later than that was missed. */
export const catchUpNoneWindowMs = 5_000
/** Occurrences of one job that wait at a time; what comes due beyond that is missed. */
export const openOccurrencesMax = 1_000
/** How many times of cron in a gap are counted; cron knows no shorter way than one by one. */
export const cronCountMax = 1_000
/** A task that outlives `maxCompletionTime` by that is killed by us: its agent cannot do it. */
export const overtimeGraceMs = 5_000
/** How often old history is looked for. */
export const pruneIntervalMs = 3_600_000
/** Offers held while nothing fits are declined for that long; a new run revives. */
export const idleDeclineSeconds = 3_600
/** A retry that backs off waits at most that long. */
export const retryDelayMaxMs = 86_400_000
/** Revives that may follow each other at once: a job that fits nowhere must not make others wait. */
export const reviveBurstMax = 20
