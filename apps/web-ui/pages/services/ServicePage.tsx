import { Tabs } from '@mantine/core'
import { useMemo } from 'react'
import { Link, useParams } from 'react-router'
import { EventList } from '../../features/events/EventList.tsx'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { useFeed, useServices, useServiceViews } from '../../features/live/hooks.ts'
import { ConfigurationTab } from '../../features/services/tabs/ConfigurationTab.tsx'
import { DeploymentList } from '../../features/services/tabs/DeploymentList.tsx'
import { InstanceSquares } from '../../features/services/InstanceSquares.tsx'
import { InstancesTab } from '../../features/services/tabs/InstancesTab.tsx'
import { ServiceActions } from '../../features/services/ServiceActions.tsx'
import { ServiceLogs } from '../../features/services/tabs/ServiceLogs.tsx'
import type { ServiceView } from '../../features/services/service-view.ts'
import { WhyTab } from '../../features/services/tabs/WhyTab.tsx'
import { serviceIdOfTask } from '../../features/tasks/task-owner.ts'
import { pathIdFrom, paths } from '../../paths.ts'
import { cpus, mebibytes } from '../../ui/text/format.ts'
import { Empty, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { groupCrumbs } from './ServicesPage.tsx'

export function ServicePage() {
  const id = pathIdFrom(useParams()['*'])
  const views = useServiceViews()
  const view = views?.find((one) => one.id === id)
  if (view === undefined)
    return (
      <Page title={id} crumbs={groupCrumbs(id)} sources={['services']}>
        {views === undefined ? (
          <SkeletonLines count={8} />
        ) : (
          <Empty title={`There is no service ${id}`}>
            It may have been deleted.{' '}
            <Link className="link" to={paths.services()}>
              All services
            </Link>
          </Empty>
        )}
      </Page>
    )
  return <KnownService view={view} />
}

const tabs = [
  ['instances', 'Instances'],
  ['why', 'Why'],
  ['deployments', 'Deployments'],
  ['configuration', 'Configuration'],
  ['logs', 'Logs'],
  ['events', 'Events'],
] as const

function KnownService({ view }: { view: ServiceView }) {
  const [tab, setTab] = useUrlState('tab', 'instances')
  const services = useServices()
  const deployments = (services?.deployments ?? []).filter((one) => one.affectedApps.includes(view.id))
  return (
    <Page
      title={view.id}
      status={{ status: view.status, word: view.word }}
      crumbs={groupCrumbs(view.id)}
      sources={['services']}
      actions={<ServiceActions view={view} />}
    >
      <Summary view={view} />
      <Tabs value={tab} onChange={(value) => setTab(value ?? 'instances')} keepMounted={false}>
        <Tabs.List mb={12} style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
          {tabs.map(([value, label]) => (
            <Tabs.Tab key={value} value={value}>
              {label}
              {value === 'deployments' && deployments.length > 0 ? ` (${deployments.length})` : ''}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="instances">
          <InstancesTab view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="why">
          <WhyTab view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="deployments">
          <DeploymentList deployments={deployments} />
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <ConfigurationTab view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="logs">
          <ServiceLogs view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <ServiceEvents view={view} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function Summary({ view }: { view: ServiceView }) {
  const { app } = view
  return (
    <div className="toolbar" style={{ gap: 18 }}>
      <span className="status">
        <InstanceSquares app={app} large />
        <span className="num">
          {app.tasksRunning} of {app.instances} running
        </span>
      </span>
      <span className="dim num">
        {cpus(app.cpus)} cpus, {mebibytes(app.mem)} each
      </span>
      {view.reason !== '' && <span>{view.reason}</span>}
    </div>
  )
}

function ServiceEvents({ view }: { view: ServiceView }) {
  const feed = useFeed()
  const services = useServices()
  const entries = useMemo(
    () =>
      feed.filter((entry) =>
        entry.subject.kind === 'task'
          ? serviceIdOfTask(entry.subject, services) === view.id
          : entry.subject.kind === 'service' && entry.subject.id === view.id,
      ),
    [feed, services, view.id],
  )
  return (
    <Panel flush>
      {entries.length === 0 ? (
        <Empty title="No events yet">What happens to this service from now on appears here.</Empty>
      ) : (
        <EventList entries={entries.slice(0, 200)} />
      )}
    </Panel>
  )
}
