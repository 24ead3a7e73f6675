import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import { isEnded } from '../../api/live/cluster-state.ts'
import { frameworkRows } from '../../features/cluster/framework-view.ts'
import type { FrameworkRow } from '../../features/cluster/framework-view.ts'
import { ListToolbar, matches, useFilter } from '../../features/frame/ListToolbar.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useCluster } from '../../features/live/hooks.ts'
import { paths } from '../../paths.ts'
import { Id } from '../../ui/Copy.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import type { Column } from '../../ui/DataTable.tsx'
import { cpus, mebibytes } from '../../ui/text/format.ts'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { StatusWord } from '../../ui/StatusMark.tsx'
import { Time } from '../../ui/text/Time.tsx'

const none: FrameworkRow[] = []

export function FrameworksPage() {
  const cluster = useCluster()
  const navigate = useNavigate()
  const filter = useFilter()
  const all = useMemo(() => (cluster === undefined ? none : frameworkRows(cluster, isEnded)), [cluster])
  const rows = useMemo(
    () => all.filter((row) => matches(row, `${row.framework.name} ${row.framework.id} ${row.word}`, filter)),
    [all, filter.query, filter.status],
  )
  return (
    <Page title="Frameworks" sources={['cluster']}>
      <ListToolbar
        label="Frameworks"
        items={all}
        shown={rows.length}
        words={{ healthy: 'Active', waiting: 'Inactive', failing: 'Disconnected', stopped: 'Completed' }}
      />
      <Panel flush>
        {cluster === undefined ? (
          <div style={{ padding: 14 }}>
            <SkeletonLines />
          </div>
        ) : (
          <DataTable
            label="Frameworks"
            items={rows}
            columns={columns}
            itemId={(row) => row.framework.id}
            onOpen={(row) => void navigate(paths.framework(row.framework.id))}
            empty={<Empty title="No framework">A scheduler that subscribes to the master appears here.</Empty>}
          />
        )}
      </Panel>
    </Page>
  )
}

const columns: Column<FrameworkRow>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(140px, 1.2fr)',
    narrow: 'title',
    sortBy: (row) => row.framework.name,
    cell: (row) => (
      <Link className="link" to={paths.framework(row.framework.id)}>
        {row.framework.name}
      </Link>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    width: '130px',
    narrow: 'wide',
    sortBy: (row) => row.word,
    cell: (row) => <StatusWord status={row.status} word={row.word} />,
  },
  {
    id: 'id',
    header: 'Id',
    width: 'minmax(160px, 1.4fr)',
    narrow: 'hide',
    cell: (row) => <Id value={row.framework.id} max={26} />,
  },
  { id: 'roles', header: 'Roles', width: 'minmax(80px, 1fr)', cell: (row) => row.framework.roles.join(', ') },
  { id: 'user', header: 'User', width: '90px', narrow: 'hide', cell: (row) => row.framework.user },
  { id: 'tasks', header: 'Tasks', width: '60px', align: 'right', sortBy: (row) => row.tasks, cell: (row) => row.tasks },
  {
    id: 'cpus',
    header: 'CPUs',
    width: '70px',
    align: 'right',
    sortBy: (row) => row.used.cpus,
    cell: (row) => cpus(row.used.cpus),
  },
  {
    id: 'mem',
    header: 'Memory',
    width: '90px',
    align: 'right',
    sortBy: (row) => row.used.mem,
    cell: (row) => mebibytes(row.used.mem),
  },
  {
    id: 'registered',
    header: 'Registered',
    width: '90px',
    align: 'right',
    sortBy: (row) => row.framework.registeredAt ?? 0,
    cell: (row) => <Time at={row.framework.registeredAt} />,
  },
]
