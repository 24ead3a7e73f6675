import type { CapacitySample } from '../../api/schemas/gateway.ts'
import { Legend, StackedBar } from '../../ui/charts/Bars.tsx'
import { useUtc } from '../../ui/text/clock.ts'
import { amount, percent, resourceLabel } from '../../ui/text/format.ts'
import { HistoryChart } from '../../ui/charts/HistoryChart.tsx'
import { Panel, Skeleton } from '../../ui/Panel.tsx'
import type { Usage } from './usage.ts'
import { useCapacityHistory } from './capacity-history.ts'
import './cluster.css'

const legend = [
  { name: 'used', colour: 'var(--ts-used)' },
  { name: 'reserved', colour: 'var(--ts-reserved)' },
  { name: 'offered', colour: 'var(--ts-offered)' },
  { name: 'free', colour: 'var(--ts-track)' },
]

/** Where the cluster's resources are, now and over the last hour. */
export function Capacity({ usage }: { usage: Usage | undefined }) {
  const samples = useCapacityHistory(usage)
  return (
    <Panel title="Capacity" actions={<Legend items={legend} />}>
      <div className="capacity">
        {(['cpus', 'mem', 'disk', 'ports'] as const).map((name) =>
          usage === undefined ? (
            <Skeleton key={name} height={120} />
          ) : (
            <Resource key={name} name={name} usage={usage} samples={samples} />
          ),
        )}
      </div>
    </Panel>
  )
}

type ResourceProps = { name: 'cpus' | 'mem' | 'disk' | 'ports'; usage: Usage; samples: readonly CapacitySample[] }

export function partsOf(name: ResourceProps['name'], usage: Pick<Usage, 'total' | 'used' | 'offered' | 'reserved'>) {
  const total = usage.total[name]
  const used = usage.used[name]
  const reserved = Math.max(0, Math.min(usage.reserved[name], total - used))
  const offered = Math.max(0, Math.min(usage.offered[name], total - used - reserved))
  const values = [used, reserved, offered, Math.max(0, total - used - reserved - offered)]
  return legend.map((item, index) => {
    const value = values[index] ?? 0
    return { ...item, value, text: amount(name, value) }
  })
}

function Resource({ name, usage, samples }: ResourceProps) {
  const total = usage.total[name]
  return (
    <div className="resource">
      <div className="resource-head">
        <h3>{resourceLabel[name]}</h3>
        <span className="dim num">
          {amount(name, usage.used[name])} of {amount(name, total)}
        </span>
      </div>
      <div className="resource-figure num">{percent(usage.used[name], total)}</div>
      <StackedBar tall label={resourceLabel[name]} parts={partsOf(name, usage)} total={total} />
      {name === 'ports' ? <PortNote usage={usage} /> : <History name={name} samples={samples} total={total} />}
    </div>
  )
}

function PortNote({ usage }: { usage: Usage }) {
  const agents = usage.agents.filter((one) => one.agent.active).length
  return (
    <p className="dim resource-note">
      Host ports on {agents} {agents === 1 ? 'agent' : 'agents'}, given to tasks that ask for them.
    </p>
  )
}

function History({
  name,
  samples,
  total,
}: {
  name: 'cpus' | 'mem' | 'disk'
  samples: readonly CapacitySample[]
  total: number
}) {
  const utc = useUtc()
  if (samples.length < 2)
    return <p className="dim resource-note">The history of the last hour fills as the cluster runs.</p>
  return (
    <HistoryChart
      label={`${resourceLabel[name]} used over the last hour`}
      times={samples.map((sample) => sample.at)}
      values={samples.map((sample) => sample[name].used)}
      max={Math.max(total, ...samples.map((sample) => sample[name].total))}
      colour="var(--ts-used)"
      format={(value) => amount(name, value)}
      utc={utc}
    />
  )
}
