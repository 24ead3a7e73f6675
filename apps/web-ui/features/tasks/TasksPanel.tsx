import { Switch } from '@mantine/core'
import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { isEnded } from '../../api/live/cluster-state.ts'
import type { Cluster } from '../../api/live/cluster-state.ts'
import { paths } from '../../paths.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { Empty, Panel } from '../../ui/Panel.tsx'
import { useUrlState } from '../frame/url-state.ts'
import { taskColumns, taskRow } from './task-columns.tsx'

const members = { framework: 'frameworkId', node: 'agentId' } as const

/** The tasks of a framework or a node; those that have ended when they are asked for. */
export function TasksPanel(props: {
  cluster: Cluster
  of: keyof typeof members
  id: string
  empty: string
  maxHeight?: string
}) {
  const { cluster, of, id, empty, ...size } = props
  const navigate = useNavigate()
  const [ended, setEnded] = useUrlState('ended')
  const rows = useMemo(
    () =>
      [...cluster.tasks.values()]
        .filter((task) => task[members[of]] === id && (ended !== '' || !isEnded(task.state)))
        .map((task) => taskRow(task, cluster)),
    [cluster, of, id, ended],
  )
  const columns = useMemo(() => taskColumns.filter((column) => column.id !== of), [of])
  return (
    <Panel
      title="Tasks"
      flush
      actions={
        <Switch
          label="Ended too"
          checked={ended !== ''}
          onChange={(event) => setEnded(event.currentTarget.checked ? 'yes' : '')}
        />
      }
    >
      <DataTable
        label={`Tasks of this ${of}`}
        items={rows}
        columns={columns}
        itemId={(row) => row.task.key}
        onOpen={(row) => void navigate(paths.task(row.task.frameworkId, row.task.id))}
        empty={<Empty title={empty} />}
        {...size}
      />
    </Panel>
  )
}
