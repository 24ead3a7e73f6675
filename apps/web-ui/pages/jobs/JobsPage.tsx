import { Button } from '@mantine/core'
import { IconHierarchy2, IconPlus } from '@tabler/icons-react'
import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import { ListToolbar, matches, useFilter } from '../../features/frame/ListToolbar.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { RunNow } from '../../features/jobs/JobActions.tsx'
import type { JobView } from '../../features/jobs/job-view.ts'
import { useJobViews } from '../../features/live/hooks.ts'
import { paths } from '../../paths.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import type { Column } from '../../ui/DataTable.tsx'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { StatusWord } from '../../ui/StatusMark.tsx'
import type { Status } from '../../ui/status.ts'
import { Time } from '../../ui/text/Time.tsx'

const none: JobView[] = []

export function JobsPage() {
  const views = useJobViews()
  const navigate = useNavigate()
  const filter = useFilter()
  const rows = useMemo(
    () =>
      (views ?? none).filter((view) =>
        matches(view, `${view.name} ${view.when} ${view.word} ${view.job.owner}`, filter),
      ),
    [views, filter.query, filter.status],
  )
  return (
    <Page
      title="Jobs"
      sources={['jobs']}
      actions={
        <>
          <Button variant="default" component={Link} to={paths.jobGraph()} leftSection={<IconHierarchy2 size={14} />}>
            Graph
          </Button>
          <Button component={Link} to={paths.jobNew()} leftSection={<IconPlus size={14} />}>
            New job
          </Button>
        </>
      }
    >
      <ListToolbar
        label="Jobs"
        items={views ?? none}
        shown={rows.length}
        words={{ healthy: 'Succeeded', working: 'Running', failing: 'Failed', stopped: 'Disabled or new' }}
      />
      <Panel flush>
        {views === undefined ? (
          <div style={{ padding: 14 }}>
            <SkeletonLines count={6} />
          </div>
        ) : (
          <DataTable
            label="Jobs"
            items={rows}
            columns={columns}
            itemId={(view) => view.name}
            onOpen={(view) => void navigate(paths.job(view.name))}
            sort={{ id: 'name', desc: false }}
            empty={<NoJobs isFiltered={filter.isFiltered} />}
          />
        )}
      </Panel>
    </Page>
  )
}

function NoJobs({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No job matches">Another word, or fewer filters.</Empty>
  return (
    <Empty
      title="No jobs yet"
      action={
        <Button component={Link} to={paths.jobNew({ sample: 'tick' })}>
          Try the sample job
        </Button>
      }
    >
      A job is a command that runs on a schedule, or after other jobs.
    </Empty>
  )
}

const rank: Record<Status, number> = { failing: 0, waiting: 1, working: 2, healthy: 3, stopped: 4 }

const columns: Column<JobView>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(150px, 1.4fr)',
    narrow: 'title',
    sortBy: (view) => view.name,
    cell: (view) => (
      <Link className="link" to={paths.job(view.name)}>
        {view.name}
      </Link>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    width: 'minmax(110px, 0.8fr)',
    narrow: 'wide',
    sortBy: (view) => rank[view.status],
    cell: (view) => <StatusWord status={view.status} word={view.word} />,
  },
  {
    id: 'when',
    header: 'Runs',
    width: 'minmax(160px, 2fr)',
    narrow: 'wide',
    cell: (view) => <span title={view.job.schedule ?? ''}>{view.when}</span>,
  },
  {
    id: 'next',
    header: 'Next run',
    width: '100px',
    align: 'right',
    sortBy: (view) => view.nextRunAt ?? Number.MAX_SAFE_INTEGER,
    cell: (view) => <Time at={view.nextRunAt} />,
  },
  {
    id: 'last',
    header: 'Last run',
    width: '100px',
    align: 'right',
    sortBy: (view) => view.lastRunAt ?? 0,
    cell: (view) => <Time at={view.lastRunAt} />,
  },
  {
    id: 'successes',
    header: 'Succeeded',
    width: '86px',
    align: 'right',
    sortBy: (view) => view.job.successCount,
    cell: (view) => view.job.successCount,
  },
  {
    id: 'errors',
    header: 'Failed',
    width: '70px',
    align: 'right',
    sortBy: (view) => view.job.errorCount,
    cell: (view) => (
      <span style={view.job.errorsSinceLastSuccess > 0 ? { color: 'var(--ts-failing)' } : undefined}>
        {view.job.errorCount}
      </span>
    ),
  },
  { id: 'run', header: 'Run', width: '40px', narrow: 'bare', align: 'right', cell: (view) => <RunNow view={view} /> },
]
