import { Link } from 'react-router'
import type { MarathonTask } from '../../../api/schemas/marathon.ts'
import { paths } from '../../../paths.ts'
import type { Column } from '../../../ui/DataTable.tsx'
import { momentOf, shortId } from '../../../ui/text/format.ts'
import { StatusWord } from '../../../ui/StatusMark.tsx'
import { Time } from '../../../ui/text/Time.tsx'
import { instanceStatus, isOldVersion } from '../service-view.ts'
import type { ServiceView } from '../service-view.ts'

type FrameworkOf = (taskId: string) => string | undefined

/** The columns of a service's instances. */
export const instanceColumns = (view: ServiceView, frameworkOf: FrameworkOf): Column<MarathonTask>[] => [
  idColumn(frameworkOf),
  stateColumn(view),
  ...placeColumns,
  {
    id: 'version',
    header: 'Version',
    width: '110px',
    cell: (task) =>
      isOldVersion(task.version, view.app) ? (
        <StatusWord status="working" word="old" />
      ) : (
        <span className="dim">current</span>
      ),
  },
  startedColumn,
  logColumn(frameworkOf),
]

const idColumn = (frameworkOf: FrameworkOf): Column<MarathonTask> => ({
  id: 'id',
  header: 'Instance',
  width: 'minmax(180px, 2.2fr)',
  narrow: 'title',
  sortBy: (task) => task.id,
  cell: (task) => {
    const frameworkId = frameworkOf(task.id)
    const text = <span className="mono">{shortId(task.id, 40)}</span>
    return frameworkId === undefined ? (
      text
    ) : (
      <Link className="link" title={task.id} to={paths.task(frameworkId, task.id)}>
        {text}
      </Link>
    )
  },
})

const logColumn = (frameworkOf: FrameworkOf): Column<MarathonTask> => ({
  id: 'log',
  header: 'Log',
  width: '50px',
  narrow: 'bare',
  align: 'right',
  cell: (task) => {
    const frameworkId = frameworkOf(task.id)
    return frameworkId === undefined ? (
      ''
    ) : (
      <Link className="link" aria-label={`Log of ${task.id}`} to={paths.task(frameworkId, task.id)}>
        Log
      </Link>
    )
  },
})

const stateColumn = (view: ServiceView): Column<MarathonTask> => ({
  id: 'state',
  header: 'State',
  width: 'minmax(120px, 1fr)',
  sortBy: (task) => task.state,
  cell: (task) => {
    const shown = instanceStatus(task, view.app)
    const cause = task.healthCheckResults.find((result) => !result.alive)?.lastFailureCause
    return (
      <span title={cause ?? undefined}>
        <StatusWord status={shown.status} word={shown.word} />
      </span>
    )
  },
})

const placeColumns: Column<MarathonTask>[] = [
  {
    id: 'host',
    header: 'Node',
    width: 'minmax(120px, 1.2fr)',
    sortBy: (task) => task.host ?? '',
    cell: (task) =>
      task.slaveId ? (
        <Link className="link" to={paths.node(task.slaveId)}>
          {task.host}
        </Link>
      ) : (
        (task.host ?? '–')
      ),
  },
  {
    id: 'endpoint',
    header: 'Endpoints',
    width: 'minmax(120px, 1.2fr)',
    narrow: 'wide',
    cell: (task) => <Endpoints task={task} />,
  },
]

const startedColumn: Column<MarathonTask> = {
  id: 'started',
  header: 'Started',
  width: '90px',
  align: 'right',
  sortBy: (task) => momentOf(task.startedAt) ?? 0,
  cell: (task) => <Time at={momentOf(task.startedAt)} />,
}

function Endpoints({ task }: { task: MarathonTask }) {
  if (task.ports.length === 0) return <span className="dim">–</span>
  return (
    <span className="mono">
      {task.ports.map((port, index) => (
        <span key={port}>
          {index > 0 && ', '}
          <a
            className="link"
            href={`http://${task.host ?? location.hostname}:${port}/`}
            target="_blank"
            rel="noreferrer"
          >
            {task.host}:{port}
          </a>
        </span>
      ))}
    </span>
  )
}
