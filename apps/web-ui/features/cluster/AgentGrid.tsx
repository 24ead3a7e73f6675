import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { StackedBar } from '../../ui/charts/Bars.tsx'
import { cpus, percent, plural } from '../../ui/text/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import type { AgentUsage } from './usage.ts'
import { loadOf } from './usage.ts'

/** Above so many agents each is a cell of its own colour instead of a tile. */
const tilesMax = 24

export function AgentGrid({ agents }: { agents: readonly AgentUsage[] }) {
  if (agents.length > tilesMax)
    return (
      <div className="agent-cells">
        {agents.map((one) => (
          <AgentCell key={one.agent.id} usage={one} />
        ))}
      </div>
    )
  return (
    <div className="agent-grid">
      {agents.map((one) => (
        <AgentTile key={one.agent.id} usage={one} />
      ))}
    </div>
  )
}

function AgentTile({ usage }: { usage: AgentUsage }) {
  const { agent, used } = usage
  const part = (name: 'cpus' | 'mem') => [
    { name: 'used', value: used[name], colour: 'var(--ts-used)', text: percent(used[name], agent.total[name]) },
  ]
  return (
    <Link className="agent-tile" to={paths.node(agent.id)} aria-label={describe(usage)}>
      <span className="agent-tile-head">
        <StatusMark status={usage.status} />
        <span className="ellipsis">{agent.hostname}</span>
        {agent.port !== undefined && <span className="mono dim">:{agent.port}</span>}
      </span>
      <StackedBar label="CPUs" parts={part('cpus')} total={agent.total.cpus} />
      <StackedBar label="Memory" parts={part('mem')} total={agent.total.mem} />
      <span className="agent-tile-foot num">
        <span>{plural(usage.tasks.length, 'task')}</span>
        <span>
          {cpus(used.cpus)}/{cpus(agent.total.cpus)} cpus
        </span>
      </span>
    </Link>
  )
}

function AgentCell({ usage }: { usage: AgentUsage }) {
  const style = { '--load': `${Math.round(loadOf(usage) * 100)}%` } as React.CSSProperties
  const text = describe(usage)
  return (
    <Link className="agent-cell" style={style} to={paths.node(usage.agent.id)} aria-label={text} title={text}>
      {usage.status !== 'healthy' && <StatusMark status={usage.status} />}
    </Link>
  )
}

const describe = (usage: AgentUsage) =>
  `${usage.agent.hostname}: ${usage.word.toLowerCase()}, ${Math.round(loadOf(usage) * 100)}% full, ${plural(usage.tasks.length, 'task')}`
