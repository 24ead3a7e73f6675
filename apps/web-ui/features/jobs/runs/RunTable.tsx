import { Link, useNavigate } from 'react-router'
import { paths } from '../../../paths.ts'
import { DataTable } from '../../../ui/DataTable.tsx'
import type { Column } from '../../../ui/DataTable.tsx'
import { duration, shortId } from '../../../ui/text/format.ts'
import { Empty } from '../../../ui/Panel.tsx'
import { StatusWord } from '../../../ui/StatusMark.tsx'
import { Time } from '../../../ui/text/Time.tsx'
import { useNow } from '../../../ui/text/clock.ts'
import type { RunView } from '../job-view.ts'
import { runPath } from './run-path.ts'

/** Runs with attempt, duration, exit code, agent; the log is one click away. */
export function RunTable({ runs }: { runs: readonly RunView[] }) {
  const navigate = useNavigate()
  const open = (run: RunView) => {
    const path = runPath(run)
    if (path !== undefined) void navigate(path)
  }
  return (
    <DataTable
      label="Runs"
      items={runs}
      columns={columns}
      itemId={(run) => run.id}
      onOpen={open}
      empty={<Empty title="It has not run yet">The first run appears here when it starts.</Empty>}
    />
  )
}

function RunDuration({ run }: { run: RunView }) {
  const now = useNow()
  if (run.startedAt === undefined) return '–'
  return duration((run.finishedAt ?? now) - run.startedAt)
}

const columns: Column<RunView>[] = [
  {
    id: 'result',
    header: 'Result',
    width: 'minmax(110px, 1fr)',
    narrow: 'title',
    cell: (run) => <StatusWord status={run.status} word={run.word} />,
  },
  {
    id: 'scheduled',
    header: 'Due',
    width: '100px',
    sortBy: (run) => run.scheduledAt ?? 0,
    cell: (run) => <Time at={run.scheduledAt} />,
  },
  {
    id: 'started',
    header: 'Started',
    width: '100px',
    sortBy: (run) => run.startedAt ?? 0,
    narrow: 'hide',
    cell: (run) => <Time at={run.startedAt} />,
  },
  {
    id: 'duration',
    header: 'Took',
    width: '90px',
    align: 'right',
    sortBy: (run) => (run.finishedAt ?? 0) - (run.startedAt ?? 0),
    cell: (run) => <RunDuration run={run} />,
  },
  { id: 'attempt', header: 'Attempt', width: '70px', align: 'right', cell: (run) => run.attempt + 1 },
  { id: 'exit', header: 'Exit code', width: '76px', align: 'right', cell: (run) => run.exitCode ?? '–' },
  {
    id: 'agent',
    header: 'Node',
    width: 'minmax(120px, 1fr)',
    cell: (run) =>
      run.agentId === undefined ? (
        <span className="dim">–</span>
      ) : (
        <Link className="link" to={paths.node(run.agentId)}>
          {run.host ?? shortId(run.agentId, 14)}
        </Link>
      ),
  },
  {
    id: 'message',
    header: 'Message',
    width: 'minmax(0, 2fr)',
    narrow: 'wide',
    cell: (run) => (
      <span className="dim" title={run.message}>
        {run.message}
      </span>
    ),
  },
  {
    id: 'log',
    header: 'Log',
    width: '44px',
    narrow: 'bare',
    align: 'right',
    cell: (run) => {
      const path = runPath(run)
      return path === undefined ? (
        ''
      ) : (
        <Link className="link" to={path} aria-label={`Log of run ${run.id}`}>
          Log
        </Link>
      )
    },
  },
]
