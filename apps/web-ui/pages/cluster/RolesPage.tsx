import { useQuery } from '@tanstack/react-query'
import type { z } from '../../api/zod.ts'
import { readRoles } from '../../api/master.ts'
import { keys } from '../../api/query-keys.ts'
import type { rolesSchema } from '../../api/schemas/mesos.ts'
import { ErrorNotice } from '../../features/frame/PageError.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useCluster } from '../../features/live/hooks.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import type { Column } from '../../ui/DataTable.tsx'
import { amount } from '../../ui/text/format.ts'
import type { ResourceName } from '../../ui/text/format.ts'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'

type Role = z.infer<typeof rolesSchema>['roles'][number]
type Row = Role & { frameworkNames: string }

/** Who shares the cluster, with which weight, guarantee and limit. */
export function RolesPage() {
  const cluster = useCluster()
  const roles = useQuery({ queryKey: keys.roles, queryFn: ({ signal }) => readRoles(signal) })
  const rows = (roles.data ?? []).map((role): Row => ({
    ...role,
    frameworkNames: role.frameworks.map((id) => cluster?.frameworks.get(id)?.name ?? id).join(', '),
  }))
  return (
    <Page title="Roles & quota" sources={['cluster']}>
      {roles.error !== null ? (
        <ErrorNotice title="The roles cannot be read." error={roles.error} onRetry={() => void roles.refetch()} />
      ) : (
        <Panel flush>
          {roles.data === undefined ? (
            <div style={{ padding: 14 }}>
              <SkeletonLines />
            </div>
          ) : (
            <DataTable
              label="Roles"
              items={rows}
              columns={columns}
              itemId={(role) => role.name}
              empty={
                <Empty title="No roles">
                  A role appears when a framework subscribes with it, or when it has a weight or a quota.
                </Empty>
              }
            />
          )}
        </Panel>
      )}
    </Page>
  )
}

const named: readonly ResourceName[] = ['cpus', 'mem', 'disk']
function amounts(resources: Record<string, unknown> | undefined): string {
  const texts = named.flatMap((name) => {
    const value = resources?.[name]
    return typeof value === 'number' && value > 0
      ? [name === 'cpus' ? `${amount(name, value)} cpus` : `${amount(name, value)} ${name}`]
      : []
  })
  return texts.join(', ') || '–'
}

const columns: Column<Row>[] = [
  {
    id: 'name',
    header: 'Role',
    width: 'minmax(120px, 1fr)',
    narrow: 'title',
    sortBy: (role) => role.name,
    cell: (role) => <span className="mono">{role.name}</span>,
  },
  {
    id: 'weight',
    header: 'Weight',
    width: '70px',
    align: 'right',
    sortBy: (role) => role.weight,
    cell: (role) => role.weight,
  },
  {
    id: 'frameworks',
    header: 'Frameworks',
    width: 'minmax(120px, 1.4fr)',
    narrow: 'wide',
    cell: (role) => role.frameworkNames || '–',
  },
  {
    id: 'allocated',
    header: 'Allocated',
    width: 'minmax(160px, 1.4fr)',
    narrow: 'wide',
    cell: (role) => amounts(role.allocated ?? role.resources),
  },
  {
    id: 'guarantee',
    header: 'Guarantee',
    width: 'minmax(140px, 1.2fr)',
    narrow: 'wide',
    cell: (role) => amounts(role.quota?.guarantee),
  },
  {
    id: 'limit',
    header: 'Limit',
    width: 'minmax(140px, 1.2fr)',
    narrow: 'wide',
    cell: (role) => amounts(role.quota?.limit),
  },
]
