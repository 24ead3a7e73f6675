import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import type { MarathonTask } from '../../api/schemas/marathon.ts'
import { paths } from '../../paths.ts'
import type { Column } from '../../ui/DataTable.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { momentOf, sentence, shortId } from '../../ui/format.ts'
import { Empty, Notice, Panel } from '../../ui/Panel.tsx'
import { StatusWord } from '../../ui/StatusMark.tsx'
import { Time } from '../../ui/Time.tsx'
import { useCluster } from '../live/hooks.ts'
import { isOldVersion } from './InstanceSquares.tsx'
import { failureText, instanceStatus } from './service-view.ts'
import type { ServiceView } from './service-view.ts'

/** Marathon names a task, the address also needs its framework. */
export function useFrameworkOf(): (taskId: string) => string | undefined {
  const cluster = useCluster()
  return useMemo(() => {
    const byTask = new Map([...(cluster?.tasks.values() ?? [])].map((task) => [task.id, task.frameworkId]))
    return (taskId: string) => byTask.get(taskId)
  }, [cluster])
}

export function InstancesTab({ view }: { view: ServiceView }) {
  const frameworkOf = useFrameworkOf()
  const navigate = useNavigate()
  const columns = useMemo(() => columnsOf(view, frameworkOf), [view, frameworkOf])
  const open = (task: MarathonTask) => {
    const frameworkId = frameworkOf(task.id)
    if (frameworkId !== undefined) void navigate(paths.task(frameworkId, task.id))
  }
  return (
    <div className="stack">
      <LastFailure view={view} />
      <Panel flush>
        <DataTable
          label="Instances"
          items={view.app.tasks}
          columns={columns}
          itemId={(task) => task.id}
          onOpen={open}
          empty={
            <Empty title={view.app.instances === 0 ? 'Stopped' : 'No instance yet'}>
              {view.app.instances === 0 ? 'Scale it up to start it.' : view.reason === '' ? 'The first one is on its way.' : sentence(view.reason)}
            </Empty>
          }
        />
      </Panel>
    </div>
  )
}

function LastFailure({ view }: { view: ServiceView }) {
  const failure = view.app.lastTaskFailure
  const frameworkOf = useFrameworkOf()
  if (failure === null || failure === undefined) return null
  const frameworkId = frameworkOf(failure.taskId)
  return (
    <Notice status={view.status === 'failing' ? 'failing' : 'stopped'}>
      <strong>Last failure</strong> <Time at={momentOf(failure.timestamp)} /> on {failure.host ?? 'an unknown host'}:{' '}
      {failureText(failure.message, failure.state)}{' '}
      {frameworkId !== undefined && (
        <Link className="link" to={paths.task(frameworkId, failure.taskId)}>
          its log
        </Link>
      )}
    </Notice>
  )
}

const columnsOf = (view: ServiceView, frameworkOf: (taskId: string) => string | undefined): Column<MarathonTask>[] => [
  {
    id: 'id',
    header: 'Instance',
    width: 'minmax(180px, 2.2fr)',
    narrow: 'title',
    sortBy: (task) => task.id,
    cell: (task) => {
      const frameworkId = frameworkOf(task.id)
      const text = <span className="mono">{shortId(task.id, 40)}</span>
      return frameworkId === undefined ? text : <Link className="link" title={task.id} to={paths.task(frameworkId, task.id)}>{text}</Link>
    },
  },
  {
    id: 'state',
    header: 'State',
    width: 'minmax(120px, 1fr)',
    sortBy: (task) => task.state,
    cell: (task) => {
      const shown = instanceStatus(task)
      const cause = task.healthCheckResults.find((result) => !result.alive)?.lastFailureCause
      return <span title={cause ?? undefined}><StatusWord status={shown.status} word={shown.word} /></span>
    },
  },
  { id: 'host', header: 'Node', width: 'minmax(120px, 1.2fr)', sortBy: (task) => task.host ?? '', cell: (task) => (task.slaveId ? <Link className="link" to={paths.node(task.slaveId)}>{task.host}</Link> : (task.host ?? '–')) },
  { id: 'endpoint', header: 'Endpoints', width: 'minmax(120px, 1.2fr)', narrow: 'wide', cell: (task) => <Endpoints task={task} /> },
  { id: 'version', header: 'Version', width: '110px', cell: (task) => (isOldVersion(task.version, view.app) ? <StatusWord status="working" word="old" /> : <span className="dim">current</span>) },
  { id: 'started', header: 'Started', width: '90px', align: 'right', sortBy: (task) => momentOf(task.startedAt) ?? 0, cell: (task) => <Time at={momentOf(task.startedAt)} /> },
  {
    id: 'log',
    header: 'Log',
    width: '50px',
    narrow: 'bare',
    align: 'right',
    cell: (task) => {
      const frameworkId = frameworkOf(task.id)
      return frameworkId === undefined ? '' : <Link className="link" aria-label={`Log of ${task.id}`} to={paths.task(frameworkId, task.id)}>Log</Link>
    },
  },
]

function Endpoints({ task }: { task: MarathonTask }) {
  if (task.ports.length === 0) return <span className="dim">–</span>
  return (
    <span className="mono">
      {task.ports.map((port, index) => (
        <span key={port}>
          {index > 0 && ', '}
          <a className="link" href={`http://${task.host ?? location.hostname}:${port}/`} target="_blank" rel="noreferrer">
            {task.host}:{port}
          </a>
        </span>
      ))}
    </span>
  )
}
