/** Every bound of the core, with its reason. */

/** Mesos and Marathon both cut texts of statuses; the reference stores at most this many characters. */
export const statusMessageCharsMax = 10_000
/** A path id ends up in task ids and storage keys. */
export const pathIdCharsMax = 1_024
/** Commands and environment values are handed to execve, which takes 128 KiB an argument. */
export const textCharsMax = 131_072
/** Names: labels, ports, roles, users. */
export const nameCharsMax = 1_024
/** Entries of any list or map of one definition. */
export const entriesMax = 4_096
/** Instances of one app. */
export const instancesMax = 1_000_000
/** `--max_queued_offers`: offers that wait for launch tokens; more are declined and come back. */
export const heldOffersMax = 1_024
/** Versions of an app and of the root that stay readable (`--zk_max_versions`). */
export const versionsKeptMax = 50
/** Offers a why-question can be answered from, for each app. */
export const unusedOffersKeptMax = 10
/** An app with more instances is evaluated at most every `largeAppEvaluationMs`. */
export const largeAppInstancesMin = 200
export const largeAppEvaluationMs = 20
/** A readiness answer is kept for display only. */
export const readinessBodyCharsMax = 4_096
/** Revives of a role that may follow each other at once; an app that crashes must not make others wait. */
export const reviveBurstMax = 20
