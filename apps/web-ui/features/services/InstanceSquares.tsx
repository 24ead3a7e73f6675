import type { App } from '../../api/schemas/marathon.ts'
import { plural } from '../../ui/text/format.ts'
import type { Status } from '../../ui/status.ts'
import { instanceStatus, isOldVersion } from './service-view.ts'
import './services.css'

/** Beyond so many squares the numbers beside them say it better. */
const squaresMax = 40

/** One square for each instance, by state; those of an older version are hatched. Wanted ones that are not there are empty. */
export function InstanceSquares({ app, large }: { app: App; large?: boolean }) {
  const squares = app.tasks.map((task) => ({ ...instanceStatus(task, app), isOld: isOldVersion(task.version, app) }))
  const missing = Math.max(0, app.instances - squares.length)
  const old = squares.filter((square) => square.isOld).length
  const text = `${app.tasksRunning} of ${plural(app.instances, 'instance')} running${old > 0 ? `, ${old} of the old version` : ''}`
  return (
    <span className="squares" role="img" aria-label={text} title={text} data-large={large === true ? '' : undefined}>
      {squares.slice(0, squaresMax).map((square, index) => (
        <i key={index} data-status={square.status satisfies Status} data-old={square.isOld ? '' : undefined} />
      ))}
      {Array.from({ length: Math.min(missing, Math.max(0, squaresMax - squares.length)) }, (_, index) => (
        <i key={`m${index}`} data-status="missing" />
      ))}
      {squares.length + missing > squaresMax && <span className="dim">…</span>}
    </span>
  )
}
