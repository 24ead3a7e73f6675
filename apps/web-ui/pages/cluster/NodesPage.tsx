import { SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import { AgentGrid } from '../../features/cluster/AgentGrid.tsx'
import type { AgentUsage } from '../../features/cluster/usage.ts'
import { ListToolbar, matches, useFilter } from '../../features/frame/ListToolbar.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { useUsage } from '../../features/live/hooks.ts'
import { paths } from '../../paths.ts'
import { StackedBar } from '../../ui/charts/Bars.tsx'
import { Id, Sample } from '../../ui/Copy.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import type { Column } from '../../ui/DataTable.tsx'
import { amount, percent } from '../../ui/text/format.ts'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { StatusWord } from '../../ui/StatusMark.tsx'
import { Time } from '../../ui/text/Time.tsx'

const none: AgentUsage[] = []

export function NodesPage() {
  const usage = useUsage()
  const navigate = useNavigate()
  const filter = useFilter()
  const [view, setView] = useUrlState('view', 'table')
  const all = usage?.agents ?? none
  const rows = useMemo(() => all.filter((one) => matches(one, textOf(one), filter)), [all, filter.query, filter.status])
  return (
    <Page title="Nodes" sources={['cluster']}>
      <ListToolbar
        label="Nodes"
        items={all}
        shown={rows.length}
        words={{ healthy: 'Active', failing: 'Unreachable', working: 'Draining', stopped: 'Deactivated' }}
      >
        <SegmentedControl
          aria-label="View"
          data={[
            { value: 'table', label: 'Table' },
            { value: 'grid', label: 'Grid' },
          ]}
          value={view}
          onChange={setView}
        />
      </ListToolbar>
      {usage === undefined ? (
        <SkeletonLines count={6} />
      ) : view === 'grid' ? (
        <Panel>
          <AgentGrid agents={rows} />
        </Panel>
      ) : (
        <Panel flush>
          <DataTable
            label="Nodes"
            items={rows}
            columns={columns}
            itemId={(one) => one.agent.id}
            onOpen={(one) => void navigate(paths.node(one.agent.id))}
            maxHeight="calc(100dvh - 190px)"
            empty={
              filter.isFiltered ? (
                <Empty title="No node matches">Another word, or fewer filters.</Empty>
              ) : (
                <Empty
                  title="No agent has joined"
                  action={<Sample code="npx thermo up --agents 3" label="Copy the command" />}
                >
                  An agent that registers with the master appears here.
                </Empty>
              )
            }
          />
        </Panel>
      )}
    </Page>
  )
}

const textOf = ({ agent, word }: AgentUsage) =>
  `${agent.hostname} ${agent.id} ${word} ${agent.attributes.map((one) => `${one.name}:${one.value}`).join(' ')}`

function Use({ usage, name }: { usage: AgentUsage; name: 'cpus' | 'mem' | 'disk' }) {
  const total = usage.agent.total[name]
  const used = usage.used[name]
  return (
    <div style={{ display: 'grid', gap: 3, minWidth: 90 }}>
      <span className="num" style={{ fontSize: 12, lineHeight: '14px' }}>
        {amount(name, used)} <span className="dim">of {amount(name, total)}</span>
      </span>
      <StackedBar
        label={name}
        parts={[{ name: 'used', value: used, colour: 'var(--ts-used)', text: percent(used, total) }]}
        total={total}
      />
    </div>
  )
}

const ratio = (one: AgentUsage, name: 'cpus' | 'mem' | 'disk') =>
  one.agent.total[name] <= 0 ? 0 : one.used[name] / one.agent.total[name]

const columns: Column<AgentUsage>[] = [
  {
    id: 'host',
    header: 'Host',
    width: 'minmax(150px, 1.4fr)',
    narrow: 'title',
    sortBy: (one) => `${one.agent.hostname}:${one.agent.port ?? ''}`,
    cell: (one) => (
      <Link className="link" to={paths.node(one.agent.id)}>
        {one.agent.hostname}
        {one.agent.port !== undefined && <span className="mono dim">:{one.agent.port}</span>}
      </Link>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    width: '108px',
    narrow: 'wide',
    sortBy: (one) => one.word,
    cell: (one) => <StatusWord status={one.status} word={one.word} />,
  },
  { id: 'id', header: 'Id', width: '122px', narrow: 'hide', cell: (one) => <Id value={one.agent.id} max={14} /> },
  {
    id: 'tasks',
    header: 'Tasks',
    width: '56px',
    align: 'right',
    sortBy: (one) => one.tasks.length,
    cell: (one) => one.tasks.length,
  },
  {
    id: 'cpus',
    header: 'CPUs',
    width: 'minmax(110px, 1fr)',
    narrow: 'wide',
    sortBy: (one) => ratio(one, 'cpus'),
    cell: (one) => <Use usage={one} name="cpus" />,
  },
  {
    id: 'mem',
    header: 'Memory',
    width: 'minmax(130px, 1fr)',
    narrow: 'wide',
    sortBy: (one) => ratio(one, 'mem'),
    cell: (one) => <Use usage={one} name="mem" />,
  },
  {
    id: 'disk',
    header: 'Disk',
    width: 'minmax(130px, 1fr)',
    narrow: 'hide',
    sortBy: (one) => ratio(one, 'disk'),
    cell: (one) => <Use usage={one} name="disk" />,
  },
  {
    id: 'attributes',
    header: 'Attributes',
    width: 'minmax(0, 1.2fr)',
    narrow: 'wide',
    cell: (one) => (
      <span className="dim">{one.agent.attributes.map((item) => `${item.name}:${item.value}`).join(', ') || '–'}</span>
    ),
  },
  {
    id: 'registered',
    header: 'Registered',
    width: '90px',
    align: 'right',
    sortBy: (one) => one.agent.registeredAt ?? 0,
    cell: (one) => <Time at={one.agent.registeredAt} />,
  },
]
