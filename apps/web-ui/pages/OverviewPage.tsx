import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { AgentGrid } from '../features/cluster/AgentGrid.tsx'
import { Capacity } from '../features/cluster/Capacity.tsx'
import { FirstSteps } from '../features/cluster/FirstSteps.tsx'
import { findTroubles, summarize } from '../features/cluster/troubles.ts'
import type { Trouble } from '../features/cluster/troubles.ts'
import { EventList } from '../features/events/EventList.tsx'
import { useConnections, useFeed, useJobViews, useServiceViews, useUsage } from '../features/live/hooks.ts'
import type { Usage } from '../features/cluster/usage.ts'
import { paths } from '../paths.ts'
import { Empty, Panel, SkeletonLines } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { statuses } from '../ui/status.ts'
import type { Status } from '../ui/status.ts'
import { useEffect } from 'react'

/** Is anything wrong, and where is there room. */
export function OverviewPage() {
  useEffect(() => {
    document.title = 'Overview · Thermosphere'
  }, [])
  const usage = useUsage()
  const services = useServiceViews()
  const jobs = useJobViews()
  const feed = useFeed()
  const connections = useConnections()
  const troubles = findTroubles({ services: services ?? [], jobs: jobs ?? [], usage, connections })
  const isLoading =
    Object.values(connections).some((one) => one.state === 'connecting') &&
    (usage === undefined || services === undefined)
  const isEmpty = services?.length === 0 && jobs?.length === 0
  return (
    <div className="page">
      {isLoading ? <SkeletonLines count={2} /> : <Headline troubles={troubles} isEmpty={isEmpty} />}
      {isEmpty && <FirstSteps agents={usage?.agents.length ?? 0} />}
      {troubles.length > 0 && <TroubleList troubles={troubles} />}
      <Capacity usage={usage} />
      <div className="grid-main">
        <div className="stack">
          <Panel title="Agents" actions={<More to={paths.nodes()} />}>
            <Agents usage={usage} />
          </Panel>
          <Panel title="Last events" flush actions={<More to={paths.events()} />}>
            {feed.length === 0 ? (
              <Empty title="Nothing has happened yet">Starts, ends and changes appear here as they happen.</Empty>
            ) : (
              <EventList entries={feed.slice(0, 12)} />
            )}
          </Panel>
        </div>
        <div className="stack">
          <ByState title="Services" views={services} path={(status) => paths.services({ status })} />
          <ByState title="Jobs" views={jobs} path={(status) => paths.jobs({ status })} />
        </div>
      </div>
    </div>
  )
}

function Agents({ usage }: { usage: Usage | undefined }) {
  if (usage === undefined) return <SkeletonLines />
  if (usage.agents.length === 0) return <Empty title="No agents">An agent that registers appears here.</Empty>
  return <AgentGrid agents={usage.agents} />
}

const More = ({ to }: { to: string }) => (
  <Button variant="subtle" color="gray" size="compact-xs" component={Link} to={to}>
    View all
  </Button>
)

function Headline({ troubles, isEmpty }: { troubles: readonly Trouble[]; isEmpty: boolean }) {
  const { status, sentence } = summarize(troubles)
  const text = isEmpty && troubles.length === 0 ? 'The cluster is ready. Nothing runs on it yet.' : sentence
  return (
    <div className="headline" aria-live="polite">
      <StatusMark status={status} />
      <h1>{text}</h1>
    </div>
  )
}

/** More than these are one click away; a page full of red helps nobody. */
const troublesMax = 12

function TroubleList({ troubles }: { troubles: readonly Trouble[] }) {
  return (
    <Panel flush>
      <div role="list" aria-label="Failing and waiting">
        {troubles.slice(0, troublesMax).map((one) => (
          <div role="listitem" key={one.id} style={{ display: 'contents' }}>
            <Link className="trouble" to={one.path}>
              <StatusMark status={one.status} />
              <span>{one.name}</span>
              <span className="dim">{one.word}</span>
              <span>{one.reason}</span>
            </Link>
          </div>
        ))}
        {troubles.length > troublesMax && (
          <p className="dim" style={{ padding: '8px 14px' }}>
            and {troubles.length - troublesMax} more:{' '}
            <Link className="link" to={paths.services({ status: 'failing' })}>
              failing services
            </Link>
            ,{' '}
            <Link className="link" to={paths.jobs({ status: 'failing' })}>
              failing jobs
            </Link>
          </p>
        )}
      </div>
    </Panel>
  )
}

const stateNames: Record<Status, string> = {
  healthy: 'Healthy',
  working: 'Working',
  waiting: 'Waiting',
  failing: 'Failing',
  stopped: 'Stopped',
}

function ByState(props: {
  title: string
  views: readonly { status: Status }[] | undefined
  path: (status: Status) => string
}) {
  const { views } = props
  return (
    <Panel
      title={`${props.title} by state`}
      actions={views !== undefined && <span className="num dim">{views.length}</span>}
    >
      {views === undefined ? (
        <SkeletonLines />
      ) : (
        <div className="by-state">
          {statuses.map((status) => {
            const count = views.filter((view) => view.status === status).length
            return (
              <Link key={status} to={props.path(status)} data-zero={count === 0 ? '' : undefined}>
                <StatusMark status={status} />
                {stateNames[status]}
                <span className="num">{count}</span>
              </Link>
            )
          })}
        </div>
      )}
    </Panel>
  )
}
