import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMemo } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { matches, ListToolbar, useFilter } from '../../features/frame/ListToolbar.tsx'
import { Page } from '../../features/frame/Page.tsx'
import type { Crumb } from '../../features/frame/Page.tsx'
import { useServices, useServiceViews } from '../../features/live/hooks.ts'
import { folderRow, serviceColumns, serviceRow } from '../../features/services/service-columns.tsx'
import type { ListRow } from '../../features/services/service-columns.tsx'
import { listGroup, nameOf } from '../../features/services/service-view.ts'
import type { ServiceView } from '../../features/services/service-view.ts'
import { pathIdFrom, paths } from '../../paths.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'

const none: ServiceView[] = []

/** Services of a group; a search looks in everything below it. */
export function ServicesPage() {
  const group = pathIdFrom(useParams()['*'])
  const services = useServices()
  const views = useServiceViews()
  const navigate = useNavigate()
  const filter = useFilter()
  const below = useMemo(
    () => (views ?? none).filter((view) => group === '/' || view.id.startsWith(`${group}/`)),
    [views, group],
  )
  const rows = useMemo((): ListRow[] => {
    if (filter.isFiltered)
      return below.filter((view) => matches(view, `${view.id} ${view.word} ${view.reason}`, filter)).map(serviceRow)
    const listed = listGroup(group, below, services?.groups ?? [])
    return [...listed.folders.map(folderRow), ...listed.services.map(serviceRow)]
  }, [below, group, services?.groups, filter.query, filter.status])
  const columns = useMemo(() => serviceColumns({ fullNames: filter.isFiltered }), [filter.isFiltered])
  const open = (row: ListRow) =>
    void navigate(row.kind === 'folder' ? paths.serviceGroup(row.folder.id) : paths.service(row.view.id))
  return (
    <Page
      title={group === '/' ? 'Services' : nameOf(group)}
      {...(group === '/' ? {} : { crumbs: groupCrumbs(group) })}
      sources={['services']}
      actions={
        <>
          <Button variant="default" component={Link} to={paths.deployments()}>
            Deployments
            {services !== undefined && services.deployments.length > 0 ? ` (${services.deployments.length})` : ''}
          </Button>
          <Button
            component={Link}
            to={paths.serviceNew(group === '/' ? {} : { group })}
            leftSection={<IconPlus size={14} />}
          >
            New service
          </Button>
        </>
      }
    >
      <ListToolbar label="Services" items={below} shown={filter.isFiltered ? rows.length : below.length} />
      <Panel flush>
        {views === undefined ? (
          <div style={{ padding: 14 }}>
            <SkeletonLines count={6} />
          </div>
        ) : (
          <DataTable
            label="Services"
            items={rows}
            columns={columns}
            itemId={rowId}
            onOpen={open}
            empty={<NoServices isFiltered={filter.isFiltered} group={group} />}
          />
        )}
      </Panel>
    </Page>
  )
}

const rowId = (row: ListRow) => (row.kind === 'folder' ? `folder ${row.folder.id}` : row.view.id)

export function groupCrumbs(group: string): Crumb[] {
  const parts = group.split('/').filter(Boolean)
  const parents = parts
    .slice(0, -1)
    .map((name, index) => ({ label: name, to: paths.serviceGroup(`/${parts.slice(0, index + 1).join('/')}`) }))
  return [{ label: 'Services', to: paths.services() }, ...parents]
}

function NoServices({ isFiltered, group }: { isFiltered: boolean; group: string }) {
  if (isFiltered) return <Empty title="No service matches">Another word, or fewer filters.</Empty>
  return (
    <Empty
      title={group === '/' ? 'No services yet' : 'This group is empty'}
      action={
        <Button component={Link} to={paths.serviceNew(group === '/' ? { sample: 'hello' } : { group })}>
          {group === '/' ? 'Try the sample service' : 'New service'}
        </Button>
      }
    >
      A service is a command or an image that Marathon keeps running.
    </Empty>
  )
}
