import type { Status } from '../../ui/status.ts'
import type { FeedEntry } from './feed.ts'
import type { Cluster, Task, TaskStatus } from './cluster-state.ts'

const words: Record<string, { status: Status; word: string }> = {
  TASK_STAGING: { status: 'working', word: 'Staging' },
  TASK_STARTING: { status: 'working', word: 'Starting' },
  TASK_RUNNING: { status: 'healthy', word: 'Running' },
  TASK_KILLING: { status: 'working', word: 'Killing' },
  TASK_FINISHED: { status: 'stopped', word: 'Finished' },
  TASK_KILLED: { status: 'stopped', word: 'Killed' },
  TASK_FAILED: { status: 'failing', word: 'Failed' },
  TASK_ERROR: { status: 'failing', word: 'Error' },
  TASK_LOST: { status: 'failing', word: 'Lost' },
  TASK_DROPPED: { status: 'failing', word: 'Dropped' },
  TASK_GONE: { status: 'failing', word: 'Gone' },
  TASK_GONE_BY_OPERATOR: { status: 'failing', word: 'Gone' },
  TASK_UNREACHABLE: { status: 'failing', word: 'Unreachable' },
  TASK_UNKNOWN: { status: 'failing', word: 'Unknown' },
}

/** How a Mesos task state is shown. A running task whose health check fails is failing. */
export function taskWords(state: string, healthy?: boolean): { status: Status; word: string } {
  if (state === 'TASK_RUNNING' && healthy === false) return { status: 'failing', word: 'Unhealthy' }
  return words[state] ?? { status: 'waiting', word: state.replace(/^TASK_/, '').toLowerCase() }
}

/** `REASON_CONTAINER_LIMITATION_MEMORY` reads as “container limitation memory”. */
export const reasonWords = (reason: string | undefined) =>
  reason === undefined
    ? ''
    : reason
        .replace(/^REASON_/, '')
        .replaceAll('_', ' ')
        .toLowerCase()

export function feedOfStatus(task: Task, status: TaskStatus, now: number): FeedEntry {
  const shown = taskWords(status.state, status.healthy)
  return {
    id: `t:${task.key}:${status.state}:${status.at ?? ''}`,
    at: status.at ?? now,
    source: 'cluster',
    status: status.state === 'TASK_FINISHED' ? 'healthy' : shown.status,
    subject: { kind: 'task', id: task.id, name: task.name, frameworkId: task.frameworkId },
    what: `Task ${shown.word.toLowerCase()}`,
    why: status.message ?? reasonWords(status.reason),
  }
}

/** The feed is not empty after a reload: tasks remember when they entered each state. */
export function feedOfSnapshot(cluster: Cluster, now: number): FeedEntry[] {
  const entries: FeedEntry[] = []
  for (const task of cluster.tasks.values())
    for (const status of task.statuses)
      if (status.at !== undefined && status.state !== 'TASK_STARTING') entries.push(feedOfStatus(task, status, now))
  return entries.sort((a, b) => b.at - a.at).slice(0, 300)
}
