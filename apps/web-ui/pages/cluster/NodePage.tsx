import { Link, useParams } from 'react-router'
import type { Cluster } from '../../api/live/cluster-state.ts'
import { partsOf } from '../../features/cluster/Capacity.tsx'
import type { AgentUsage } from '../../features/cluster/usage.ts'
import { Page } from '../../features/frame/Page.tsx'
import { useCluster, useUsage } from '../../features/live/hooks.ts'
import { Labels } from '../../features/tasks/TaskDetails.tsx'
import { TasksPanel } from '../../features/tasks/TasksPanel.tsx'
import { paths } from '../../paths.ts'
import { StackedBar } from '../../ui/charts/Bars.tsx'
import { Id } from '../../ui/Copy.tsx'
import { amount, percent, resourceLabel } from '../../ui/text/format.ts'
import { Empty, Facts, Notice, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { ExactTime } from '../../ui/text/Time.tsx'

export function NodePage() {
  const { agentId = '' } = useParams()
  const cluster = useCluster()
  const usage = useUsage()
  const one = usage?.byId.get(agentId)
  if (cluster === undefined || one === undefined)
    return (
      <Page title="Node" crumbs={[{ label: 'Nodes', to: paths.nodes() }]} sources={['cluster']}>
        {cluster === undefined ? (
          <SkeletonLines count={8} />
        ) : (
          <Empty title="This node is not known">
            It left, or never was.{' '}
            <Link className="link" to={paths.nodes()}>
              All nodes
            </Link>
          </Empty>
        )}
      </Page>
    )
  return <KnownNode usage={one} cluster={cluster} />
}

function KnownNode({ usage, cluster }: { usage: AgentUsage; cluster: Cluster }) {
  const { agent } = usage
  return (
    <Page
      title={agent.port === undefined ? agent.hostname : `${agent.hostname}:${agent.port}`}
      status={usage}
      crumbs={[{ label: 'Nodes', to: paths.nodes() }]}
      sources={['cluster']}
    >
      {!agent.active && (
        <Notice status="failing">
          <strong>The agent does not answer the master.</strong> Its tasks may still run; they come back with it, or are
          replaced after a while.
        </Notice>
      )}
      <div className="grid-main">
        <Panel title="Resources">
          <div className="stack" style={{ gap: 18 }}>
            {(['cpus', 'mem', 'disk', 'ports'] as const).map((name) => (
              <Resource key={name} usage={usage} name={name} />
            ))}
          </div>
        </Panel>
        <Panel title="Details">
          <Facts
            items={[
              ['Id', <Id key="i" value={agent.id} max={30} />],
              ['Version', agent.version || '–'],
              ['Registered', <ExactTime key="r" at={agent.registeredAt} />],
              ...(agent.reregisteredAt === undefined
                ? []
                : [['Re-registered', <ExactTime key="rr" at={agent.reregisteredAt} />] as const]),
              [
                'Attributes',
                agent.attributes.length === 0 ? (
                  '–'
                ) : (
                  <Labels key="a" labels={agent.attributes.map((item) => ({ key: item.name, value: item.value }))} />
                ),
              ],
              [
                'Capabilities',
                <Labels
                  key="c"
                  labels={agent.capabilities.map((key) => ({ key: key.toLowerCase().replaceAll('_', ' '), value: '' }))}
                />,
              ],
            ]}
          />
        </Panel>
      </div>
      <TasksPanel cluster={cluster} of="node" id={agent.id} empty="No tasks run here" />
    </Page>
  )
}

/** The bar of one resource: by task, so that the big ones are seen. */
function Resource({ usage, name }: { usage: AgentUsage; name: 'cpus' | 'mem' | 'disk' | 'ports' }) {
  const total = usage.agent.total[name]
  const [used, ...others] = partsOf(name, {
    total: usage.agent.total,
    used: usage.used,
    offered: usage.agent.offered,
    reserved: usage.agent.reserved,
  })
  const shades = ['100%', '72%', '86%', '60%']
  const byTask = usage.tasks
    .filter((task) => task.resources[name] > 0)
    .sort((a, b) => b.resources[name] - a.resources[name])
    .map((task, index) => ({
      name: task.name,
      value: task.resources[name],
      colour: `color-mix(in srgb, var(--ts-used) ${shades[index % shades.length]}, var(--ts-surface))`,
      text: amount(name, task.resources[name]),
    }))
  return (
    <div style={{ display: 'grid', gap: 6 }}>
      <div className="resource-head">
        <h3>{resourceLabel[name]}</h3>
        <span className="dim num">
          {amount(name, used?.value ?? 0)} of {amount(name, total)} · {percent(used?.value ?? 0, total)}
        </span>
      </div>
      <StackedBar tall label={resourceLabel[name]} parts={[...byTask, ...others]} total={total} />
    </div>
  )
}
