import { Button, Tabs } from '@mantine/core'
import { Link, useParams } from 'react-router'
import { ErrorNotice } from '../../features/frame/PageError.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { JobActions } from '../../features/jobs/JobActions.tsx'
import { editableJob } from '../../features/jobs/job-document.ts'
import { relatives } from '../../features/jobs/graph/job-graph.ts'
import { JobGraph } from '../../features/jobs/graph/JobGraph.tsx'
import { nextRunsOf, useRuns } from '../../features/jobs/job-hooks.ts'
import type { JobView, RunView } from '../../features/jobs/job-view.ts'
import { RunStrip } from '../../features/jobs/runs/RunStrip.tsx'
import { RunTable } from '../../features/jobs/runs/RunTable.tsx'
import { format } from '../../features/document/json-document.ts'
import { useJobViews } from '../../features/live/hooks.ts'
import { TaskLog } from '../../features/tasks/TaskLog.tsx'
import { paths } from '../../paths.ts'
import { CopyButton } from '../../ui/Copy.tsx'
import { duration, sentence } from '../../ui/text/format.ts'
import { Empty, Facts, Notice, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { Time } from '../../ui/text/Time.tsx'
import { useNow } from '../../ui/text/clock.ts'

export function JobPage() {
  const { name = '' } = useParams()
  const views = useJobViews()
  const view = views?.find((one) => one.name === name)
  if (view === undefined)
    return (
      <Page title={name} crumbs={[{ label: 'Jobs', to: paths.jobs() }]} sources={['jobs']}>
        {views === undefined ? (
          <SkeletonLines count={8} />
        ) : (
          <Empty title={`There is no job ${name}`}>
            It may have been deleted.{' '}
            <Link className="link" to={paths.jobs()}>
              All jobs
            </Link>
          </Empty>
        )}
      </Page>
    )
  return <KnownJob key={name} view={view} all={views ?? []} />
}

function KnownJob({ view, all }: { view: JobView; all: readonly JobView[] }) {
  const [tab, setTab] = useUrlState('tab', 'runs')
  const { runs, error, refetch } = useRuns(view.name)
  const family = relatives(view.name, all)
  return (
    <Page
      title={view.name}
      status={{ status: view.status, word: view.word }}
      crumbs={[{ label: 'Jobs', to: paths.jobs() }]}
      sources={['jobs']}
      actions={<JobActions view={view} />}
    >
      <When view={view} runs={runs ?? []} />
      {view.reason !== '' && <Notice status={view.status}>{sentence(view.reason)}</Notice>}
      <Tabs value={tab} onChange={(value) => setTab(value ?? 'runs')} keepMounted={false}>
        <Tabs.List mb={12} style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="log">Last log</Tabs.Tab>
          <Tabs.Tab value="graph">Dependencies{family.length > 1 ? ` (${family.length - 1})` : ''}</Tabs.Tab>
          <Tabs.Tab value="configuration">Configuration</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="runs">
          {error !== null ? (
            <ErrorNotice title="The runs cannot be read." error={error} onRetry={() => void refetch()} />
          ) : (
            <div className="stack">
              <RunFigures view={view} runs={runs ?? []} />
              <Panel flush>
                {runs === undefined ? (
                  <div style={{ padding: 14 }}>
                    <SkeletonLines />
                  </div>
                ) : (
                  <RunTable runs={runs} />
                )}
              </Panel>
            </div>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <LastLog runs={runs} />
        </Tabs.Panel>
        <Tabs.Panel value="graph">
          {family.length === 1 ? (
            <Empty title="It stands alone">
              No job runs before or after it.{' '}
              <Link className="link" to={paths.jobNew({ parent: view.name })}>
                Add one that follows
              </Link>
            </Empty>
          ) : (
            <JobGraph views={family} focus={view.name} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <Configuration view={view} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function When({ view, runs }: { view: JobView; runs: readonly RunView[] }) {
  const now = Math.floor(useNow() / 5_000) * 5_000
  const next = nextRunsOf(view, now)
  return (
    <Panel>
      <div className="toolbar" style={{ gap: 16 }}>
        <strong style={{ textTransform: 'none' }}>{view.when}</strong>
        {view.nextRunAt !== undefined && (
          <span>
            {view.nextRunAt <= now ? (
              'due now'
            ) : (
              <>
                next <Time at={view.nextRunAt} />
              </>
            )}
          </span>
        )}
        {view.job.disabled && <span className="dim">disabled: it runs only by hand</span>}
        {view.job.description !== '' && <span className="dim">{view.job.description}</span>}
      </div>
      {(runs.length > 0 || next.length > 0) && <RunStrip runs={runs} next={next} now={now} />}
    </Panel>
  )
}

function RunFigures({ view, runs }: { view: JobView; runs: readonly RunView[] }) {
  const times = runs
    .flatMap((run) =>
      run.status === 'healthy' && run.startedAt !== undefined && run.finishedAt !== undefined
        ? [run.finishedAt - run.startedAt]
        : [],
    )
    .sort((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)]
  const { job } = view
  return (
    <div className="toolbar dim num" style={{ gap: 22 }}>
      <span>{job.successCount} succeeded</span>
      <span>{job.errorCount} failed</span>
      {median !== undefined && (
        <span>
          takes {duration(median)} (median of {times.length})
        </span>
      )}
      <span>
        {job.retries} {job.retries === 1 ? 'retry' : 'retries'}
      </span>
      {job.owner !== '' && <span>owner {job.owner}</span>}
    </div>
  )
}

function LastLog({ runs }: { runs: readonly RunView[] | undefined }) {
  const run = runs?.find((one) => one.agentId !== undefined && one.frameworkId !== undefined)
  if (runs === undefined) return <SkeletonLines count={6} />
  if (run?.agentId === undefined || run.frameworkId === undefined)
    return <Empty title="It has not run yet">The log of its first run appears here.</Empty>
  return (
    <div className="stack" style={{ '--log-top': '420px' } as React.CSSProperties}>
      <p className="dim">
        {run.word} run of <Time at={run.startedAt ?? run.scheduledAt} />
      </p>
      <TaskLog
        key={run.taskId}
        task={{ id: run.taskId, frameworkId: run.frameworkId, agentId: run.agentId, executorId: run.executorId }}
      />
    </div>
  )
}

function Configuration({ view }: { view: JobView }) {
  const { job } = view
  const text = format(editableJob(job))
  return (
    <div className="grid-main">
      <Panel
        title="JSON"
        actions={
          <>
            <span className="copyable">
              <CopyButton value={text} label="Copy the JSON" />
            </span>
            <Button variant="default" component={Link} to={paths.jobEdit(job.name)}>
              Edit
            </Button>
          </>
        }
      >
        <pre className="diff" style={{ margin: 0, padding: 12 }}>
          {text}
        </pre>
      </Panel>
      <Panel title="In short">
        <Facts
          items={[
            [
              'Command',
              <span key="c" className="mono">
                {job.command}
              </span>,
            ],
            ['Runs', view.when],
            [
              'Schedule',
              <span key="s" className="mono">
                {job.schedule ?? '–'}
              </span>,
            ],
            ['CPUs', job.cpus],
            ['Memory', `${job.mem} MiB`],
            ['Retries', job.retries],
          ]}
        />
      </Panel>
    </div>
  )
}
