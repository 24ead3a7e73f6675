import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import type { MarathonTask } from '../../../api/schemas/marathon.ts'
import { paths } from '../../../paths.ts'
import { DataTable } from '../../../ui/DataTable.tsx'
import { momentOf, sentence } from '../../../ui/text/format.ts'
import { Empty, Notice, Panel } from '../../../ui/Panel.tsx'
import { Time } from '../../../ui/text/Time.tsx'
import { useCluster } from '../../live/hooks.ts'
import { instanceColumns } from './instance-columns.tsx'
import { failureText } from '../service-view.ts'
import type { ServiceView } from '../service-view.ts'

/** Marathon names a task, the address also needs its framework. */
function useFrameworkOf(): (taskId: string) => string | undefined {
  const cluster = useCluster()
  return useMemo(() => {
    const byTask = new Map([...(cluster?.tasks.values() ?? [])].map((task) => [task.id, task.frameworkId]))
    return (taskId: string) => byTask.get(taskId)
  }, [cluster])
}

export function InstancesTab({ view }: { view: ServiceView }) {
  const frameworkOf = useFrameworkOf()
  const navigate = useNavigate()
  const columns = useMemo(() => instanceColumns(view, frameworkOf), [view, frameworkOf])
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
              {view.app.instances === 0
                ? 'Scale it up to start it.'
                : view.reason === ''
                  ? 'The first one is on its way.'
                  : sentence(view.reason)}
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
      <strong>Last failure</strong> <Time at={momentOf(failure.timestamp)} /> on {failure.host ?? 'unknown'}:{' '}
      {failureText(failure.message, failure.state)}{' '}
      {frameworkId !== undefined && (
        <Link className="link" to={paths.task(frameworkId, failure.taskId)}>
          its log
        </Link>
      )}
    </Notice>
  )
}
