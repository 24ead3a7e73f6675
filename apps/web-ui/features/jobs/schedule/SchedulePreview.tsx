import { useNow, useUtc } from '../../../ui/text/clock.ts'
import { relative } from '../../../ui/text/format.ts'
import { StatusWord } from '../../../ui/StatusMark.tsx'
import { nextRuns } from './next-runs.ts'
import { parseSchedule } from './schedule.ts'
import { scheduleWords } from './schedule-words.ts'
import '../jobs.css'

const shownCount = 5

/** What a schedule means, before it is saved: in words and as its next runs, in the job's zone. */
export function SchedulePreview({ schedule, zone }: { schedule: string; zone: string }) {
  const now = Math.floor(useNow() / 5_000) * 5_000
  const utc = useUtc()
  const parsed = parseSchedule(schedule, zone)
  const preview = nextRuns(parsed, { zone, now, count: shownCount })
  if (preview.problem !== undefined)
    return (
      <div className="preview" role="status">
        <StatusWord status="failing" word="This schedule cannot run" />
        <span>{preview.problem}</span>
      </div>
    )
  const shownZone = utc ? 'UTC' : zone === '' ? undefined : zone
  return (
    <div className="preview" role="status" aria-label="Schedule preview">
      <strong>{scheduleWords(parsed, zone)}</strong>
      {preview.runs.length === 0 ? (
        <span className="dim">It never runs by itself.</span>
      ) : (
        <ol className="num">
          {preview.runs.map((at, index) => (
            <li key={index}>
              {zonedTime(at, shownZone)} <span className="dim">{at <= now ? 'at once' : relative(at, now)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

const zonedTime = (at: number, zone: string | undefined) =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(at)
