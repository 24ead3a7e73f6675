import { Switch } from '@mantine/core'
import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import type { Cluster, Task } from '../../api/live/cluster-state.ts'
import { isEnded } from '../../api/live/cluster-state.ts'
import { ListToolbar, matches, useFilter } from '../../features/frame/ListToolbar.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { useCluster } from '../../features/live/hooks.ts'
import { taskColumns, taskRow } from '../../features/tasks/task-columns.tsx'
import type { TaskRow } from '../../features/tasks/task-columns.tsx'
import { paths } from '../../paths.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'

const none: TaskRow[] = []

/** Every task of every framework. */
export function TasksPage() {
  const cluster = useCluster()
  const navigate = useNavigate()
  const filter = useFilter()
  const [ended, setEnded] = useUrlState('ended')
  const all = useMemo(() => rowsOf(cluster, (task) => ended !== '' || !isEnded(task.state)), [cluster, ended])
  const rows = useMemo(
    () =>
      all.filter((row) =>
        matches(row, `${row.task.id} ${row.task.name} ${row.host} ${row.framework} ${row.word}`, filter),
      ),
    [all, filter.query, filter.status],
  )
  return (
    <Page title="Tasks" sources={['cluster']}>
      <ListToolbar label="Tasks" items={all} shown={rows.length} words={{ healthy: 'Running', stopped: 'Ended' }}>
        <Switch
          label="Ended tasks too"
          checked={ended !== ''}
          onChange={(event) => setEnded(event.currentTarget.checked ? 'yes' : '')}
        />
      </ListToolbar>
      <Panel flush>
        {cluster === undefined ? (
          <div style={{ padding: 14 }}>
            <SkeletonLines count={6} />
          </div>
        ) : (
          <DataTable
            label="Tasks"
            items={rows}
            columns={taskColumns}
            itemId={(row) => row.task.key}
            onOpen={(row) => void navigate(paths.task(row.task.frameworkId, row.task.id))}
            maxHeight="calc(100dvh - 190px)"
            empty={
              <Empty title={filter.isFiltered ? 'No task matches' : 'No tasks run'}>
                {filter.isFiltered ? (
                  'Another word, or fewer filters.'
                ) : (
                  <Link className="link" to={paths.serviceNew({ sample: 'hello' })}>
                    Start a service
                  </Link>
                )}
              </Empty>
            }
          />
        )}
      </Panel>
    </Page>
  )
}

function rowsOf(cluster: Cluster | undefined, keep: (task: Task) => boolean): TaskRow[] {
  if (cluster === undefined) return none
  return [...cluster.tasks.values()].filter(keep).map((task) => taskRow(task, cluster))
}
