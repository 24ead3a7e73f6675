/** Occurrences that had no run of their own, written down with the reason. */
import type { Millis } from '@thermosphere/effects'
import type { JobRecord } from '../state.ts'
import type { Turn } from '../turn.ts'

const messages = {
  coalesced: 'taken together with a later occurrence, as there is no epsilon',
  late: 'its window (epsilon) had closed before it could be queued',
  downtime: 'nothing ran at its time, and catchUp is none',
  overlap: 'an earlier run had not ended and overlapPolicy is skip',
  'queue-full': 'too many occurrences of the job wait already',
} as const

export type Missed = { readonly at: Millis; readonly reason: keyof typeof messages; readonly occurrences: number }

export function recordMissed(turn: Turn, { job }: JobRecord, { at, reason, occurrences }: Missed): void {
  turn.saveRun({
    id: turn.state.random.uuid(),
    job: job.name,
    cause: 'schedule',
    dueAt: at,
    attempt: 0,
    retryCount: 0,
    arguments: job.arguments,
    taskId: '',
    queuedAt: turn.now,
    highPriority: job.highPriority,
    expiresAt: undefined,
    state: 'missed',
    endedAt: turn.now,
    reason,
    message: messages[reason],
    occurrences,
  })
  turn.count('missed', { job: job.name })
}
