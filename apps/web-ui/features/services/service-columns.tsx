import { IconFolder } from '@tabler/icons-react'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import type { Column } from '../../ui/DataTable.tsx'
import { cpus, mebibytes, momentOf } from '../../ui/text/format.ts'
import { StatusWord } from '../../ui/StatusMark.tsx'
import { worstOf } from '../../ui/status.ts'
import type { Status } from '../../ui/status.ts'
import { Time } from '../../ui/text/Time.tsx'
import { InstanceSquares } from './InstanceSquares.tsx'
import type { Folder, ServiceView } from './service-view.ts'

export type ListRow =
  { kind: 'folder'; folder: Folder; status: Status } | { kind: 'service'; view: ServiceView; status: Status }

export const folderRow = (folder: Folder): ListRow => ({
  kind: 'folder',
  folder,
  status: worstOf(folder.services.map((view) => view.status)),
})
export const serviceRow = (view: ServiceView): ListRow => ({ kind: 'service', view, status: view.status })

const servicesOf = (row: ListRow) => (row.kind === 'folder' ? row.folder.services : [row.view])
const sum = (row: ListRow, pick: (view: ServiceView) => number) =>
  servicesOf(row).reduce((total, view) => total + pick(view), 0)
const running = (row: ListRow) => sum(row, (view) => view.app.tasksRunning)
const wanted = (row: ListRow) => sum(row, (view) => view.app.instances)
const rank: Record<Status, number> = { failing: 0, waiting: 1, working: 2, healthy: 3, stopped: 4 }

function folderWords(folder: Folder): string {
  const bad = folder.services.filter((view) => view.status === 'failing' || view.status === 'waiting')
  if (folder.services.length === 0) return 'Empty'
  if (bad.length > 0) return `${bad.length} of ${folder.services.length} need care`
  const working = folder.services.filter((view) => view.status === 'working').length
  if (working > 0) return `${working} of ${folder.services.length} deploying`
  return folder.services.every((view) => view.status === 'stopped') ? 'Stopped' : 'All well'
}

/** The columns of the services list. In search results names are whole paths. */
export const serviceColumns = (options: { fullNames: boolean }): Column<ListRow>[] => [
  nameColumn(options),
  ...stateColumns,
  ...sizeColumns,
]

const nameColumn = (options: { fullNames: boolean }): Column<ListRow> => ({
  id: 'name',
  header: 'Name',
  width: 'minmax(180px, 2fr)',
  narrow: 'title',
  sortBy: (row) => (row.kind === 'folder' ? ` ${row.folder.name}` : options.fullNames ? row.view.id : row.view.name),
  cell: (row) =>
    row.kind === 'folder' ? (
      <Link className="link status" to={paths.serviceGroup(row.folder.id)}>
        <IconFolder size={14} color="var(--ts-dim)" aria-label="Group" />
        {row.folder.name}
      </Link>
    ) : (
      <Link className="link" to={paths.service(row.view.id)}>
        {options.fullNames ? row.view.id : row.view.name}
      </Link>
    ),
})

const stateColumns: Column<ListRow>[] = [
  {
    id: 'status',
    header: 'Status',
    width: 'minmax(110px, 1fr)',
    sortBy: (row) => rank[row.status],
    narrow: 'wide',
    cell: (row) => (
      <StatusWord status={row.status} word={row.kind === 'folder' ? folderWords(row.folder) : row.view.word} />
    ),
  },
  {
    id: 'reason',
    header: 'Reason',
    width: 'minmax(0, 2.4fr)',
    narrow: 'hide',
    cell: (row) => (
      <span className="dim" title={row.kind === 'service' ? row.view.reason : undefined}>
        {row.kind === 'service' ? row.view.reason : ''}
      </span>
    ),
  },
  {
    id: 'instances',
    header: 'Instances',
    width: 'minmax(150px, 1.3fr)',
    sortBy: running,
    cell: (row) => (
      <span className="status">
        <span className="num" style={{ minWidth: 40 }}>
          {running(row)}/{wanted(row)}
        </span>
        {row.kind === 'service' && <InstanceSquares app={row.view.app} />}
      </span>
    ),
  },
]

const sizeColumns: Column<ListRow>[] = [
  {
    id: 'cpus',
    header: 'CPUs',
    width: '64px',
    align: 'right',
    sortBy: (row) => sum(row, (view) => view.app.cpus * view.app.instances),
    cell: (row) => cpus(sum(row, (view) => view.app.cpus * view.app.instances)),
  },
  {
    id: 'mem',
    header: 'Memory',
    width: '88px',
    align: 'right',
    sortBy: (row) => sum(row, (view) => view.app.mem * view.app.instances),
    cell: (row) => mebibytes(sum(row, (view) => view.app.mem * view.app.instances)),
  },
  {
    id: 'changed',
    header: 'Changed',
    width: '84px',
    narrow: 'hide',
    align: 'right',
    sortBy: (row) => (row.kind === 'service' ? (momentOf(row.view.app.version) ?? 0) : 0),
    cell: (row) => (row.kind === 'service' ? <Time at={momentOf(row.view.app.version)} /> : ''),
  },
]
