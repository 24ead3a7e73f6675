import { Tooltip } from '@mantine/core'
import { Link } from 'react-router'
import { useUtc } from '../../../ui/text/clock.ts'
import { exactTime, relative } from '../../../ui/text/format.ts'
import { StatusMark } from '../../../ui/StatusMark.tsx'
import type { RunView } from '../job-view.ts'
import { runPath } from './run-path.ts'
import { layOutStrip } from './run-strip.ts'
import '../jobs.css'

const dayMs = 86_400_000
/** Below so long an axis two ticks can fall into the same minute. */
const secondsBelowMs = 300_000

/** When it ran and how that ended, when it will run next. */
export function RunStrip({ runs, next, now }: { runs: readonly RunView[]; next: readonly number[]; now: number }) {
  const utc = useUtc()
  const points = runs.flatMap((run) => {
    const at = run.startedAt ?? run.scheduledAt
    return at === undefined ? [] : [{ ...run, at }]
  })
  const byId = new Map(runs.map((run) => [run.id, run]))
  const strip = layOutStrip(points, next, now)
  const span = (strip.ticks.at(-1)?.at ?? now) - (strip.ticks[0]?.at ?? now)
  return (
    <div className="strip" role="group" aria-label={`${strip.past.length} past runs, ${next.length} next runs`}>
      <div className="strip-axis" />
      <div className="strip-now" style={{ left: `${strip.nowPosition * 100}%` }} />
      {strip.past.map((point) => {
        const run = byId.get(point.id)
        const path = run === undefined ? undefined : runPath(run)
        const text = `${run?.word ?? ''} ${exactTime(point.at, { utc })}`
        const mark = <StatusMark status={point.status} />
        const style = { left: `${point.position * 100}%` }
        return (
          <Tooltip key={point.id} label={text}>
            {path === undefined ? (
              <span className="strip-run" style={style} role="img" aria-label={text}>
                {mark}
              </span>
            ) : (
              <Link className="strip-run" style={style} to={path} aria-label={`${text}, log`}>
                {mark}
              </Link>
            )}
          </Tooltip>
        )
      })}
      {strip.next.map((point) => {
        const text = `next ${exactTime(point.at, { utc })}, ${relative(point.at, now)}`
        return (
          <Tooltip key={point.at} label={text}>
            <span
              className="strip-run strip-next"
              role="img"
              aria-label={text}
              style={{ left: `${point.position * 100}%` }}
            />
          </Tooltip>
        )
      })}
      {strip.ticks.map((tick) => (
        <span key={tick.position} className="strip-tick" style={{ left: `${tick.position * 100}%` }}>
          {tickText(tick.at, { utc, span })}
        </span>
      ))}
    </div>
  )
}

function tickText(at: number, options: { utc: boolean; span: number }): string {
  const zone = options.utc ? { timeZone: 'UTC' } : {}
  const second = options.span < secondsBelowMs ? ({ second: '2-digit' } as const) : {}
  const time = { hour: '2-digit', minute: '2-digit', ...second } as const
  return new Intl.DateTimeFormat(
    'en-GB',
    options.span > dayMs ? { day: 'numeric', month: 'short', ...time, ...zone } : { ...time, ...zone },
  ).format(at)
}
