import { invariant } from '@thermosphere/effects'

/** Lost directory notifications are made up for by a rescan this often; each looks at every container. */
export const RESCAN_INTERVAL_MS = 5_000
/** Containers that a rescan looks at in one turn of the event loop; ten microseconds each. */
export const RESCAN_PART = 500
/** A process table that is younger than this is used again (usage of many containers in one poll). */
export const PROCESS_TABLE_AGE_MS = 250
/** Scans of the process table take at most one part in this many of the time. */
export const PROCESS_SCAN_SHARE = 5
/** A set-up (mounts, user change) that takes longer is given up and killed. */
export const SETUP_TIMEOUT_MS = 30_000
/** How often a set-up is looked at that may have ended without a word. */
export const SETUP_POLL_INTERVAL_MS = 25
/** Looks at a set-up that complained and has not begun, until it is taken for failed; half a second. */
export const SETUP_SILENT_POLLS_MAX = 20
/** How long a leaving agent waits for its watch, which ends at once when no container is left. */
export const WATCH_EXIT_MS = 1_000
/** Passes over the processes of a container before destroy reports what is left. */
export const KILL_PASSES_MAX = 200
/** Between two passes: first short, since most processes die at once. */
export const KILL_PASS_INTERVAL_MS = 5
export const KILL_PASS_INTERVAL_MAX_MS = 100
/** Bytes of a supervisor's note that are read (messages of a failed set-up). */
export const NOTE_BYTES_MAX = 4_096
/** Bytes of output kept of a command health check. */
export const EXEC_OUTPUT_BYTES_MAX = 64 * 1024
/** Bytes of one launch record or status file. */
export const RECORD_BYTES_MAX = 1024 * 1024
/** How often cgroup v1 memory controllers are asked for out-of-memory kills (v2 kills the whole group by itself). */
export const OOM_POLL_INTERVAL_MS = 500

invariant(KILL_PASS_INTERVAL_MS <= KILL_PASS_INTERVAL_MAX_MS, 'first pass interval exceeds the longest')
/** Smallest memory limit of a container; below it the kernel ends programs before they have started. */
export const MEM_MIN_BYTES = 32 * 1024 * 1024
/** CFS period, and the smallest quota that the kernel takes. */
export const CFS_PERIOD_US = 100_000
export const CFS_QUOTA_MIN_US = 1_000
/** Attempts to remove a cgroup whose last processes are still being reaped. */
export const RMDIR_ATTEMPTS_MAX = 50
export const RMDIR_INTERVAL_MS = 10
/** How long the test whether this host offers namespaces may take. */
export const PROBE_TIMEOUT_MS = 10_000
/** Between two attempts to reach an engine that went away while a container ran. */
export const DOCKER_RETRY_MS = 1_000
/** How long the end of a container's output is awaited after the container itself has ended. */
export const DOCKER_LOG_DRAIN_MS = 5_000
/** After the end of a log: by then the engine knows whether the container has ended as well. */
export const DOCKER_LOG_RETRY_MS = 200
/** Pieces in which the output of a container is read from its file, and how long to wait at its end for more. */
export const FOLLOW_BYTES = 64 * 1024
export const FOLLOW_INTERVAL_MS = 50
