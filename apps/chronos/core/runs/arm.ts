/** The timers of jobs. */
import type { JobRecord } from '../state.ts'
import type { Turn } from '../turn.ts'

export const jobTimer = (name: string): string => `job/${name}`

export const startsByItself = ({ job, left }: JobRecord): boolean =>
  job.trigger.type === 'scheduled' && !job.disabled && left !== 0

/** Arms the timer for the job's next nominal time, or cancels it when nothing is to come. */
export function armJob(turn: Turn, record: JobRecord): void {
  const isArmed = startsByItself(record) && turn.state.phase === 'scheduling'
  turn.timer(jobTimer(record.job.name), isArmed ? record.cursor.at : undefined)
}
