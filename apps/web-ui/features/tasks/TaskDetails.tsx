import { Link } from 'react-router'
import type { Task } from '../../api/live/cluster-state.ts'
import { reasonWords, taskWords } from '../../api/live/task-words.ts'
import { paths } from '../../paths.ts'
import { Id } from '../../ui/Copy.tsx'
import { amount, resourceLabel } from '../../ui/text/format.ts'
import { Facts, Panel } from '../../ui/Panel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { ExactTime, Time } from '../../ui/text/Time.tsx'
import { useCluster } from '../live/hooks.ts'

export function TaskDetails({ task }: { task: Task }) {
  return (
    <div className="grid-2">
      <Panel title="Timeline">
        <ol className="timeline">
          {task.statuses.map((status) => {
            const shown = taskWords(status.state, status.healthy)
            return (
              <li key={status.state}>
                <StatusMark status={shown.status} />
                <div>
                  <strong>{shown.word}</strong>{' '}
                  {status.reason !== undefined && <span className="dim">{reasonWords(status.reason)}</span>}
                  {status.message !== undefined && status.message !== '' && <div className="dim">{status.message}</div>}
                </div>
                <span className="dim">
                  <Time at={status.at} />
                </span>
              </li>
            )
          })}
          {task.statuses.length === 0 && <li className="dim">Launched; no status yet.</li>}
        </ol>
      </Panel>
      <Panel title="Details">
        <TaskFacts task={task} />
      </Panel>
    </div>
  )
}

function TaskFacts({ task }: { task: Task }) {
  const cluster = useCluster()
  const agent = cluster?.agents.get(task.agentId)
  const framework = cluster?.frameworks.get(task.frameworkId)
  const names = ['cpus', 'mem', 'disk', 'gpus'] as const
  return (
    <Facts
      items={[
        ['Task', <Id key="id" value={task.id} max={48} />],
        ['Name', task.name],
        [
          'Framework',
          <Link key="f" className="link" to={paths.framework(task.frameworkId)}>
            {framework?.name ?? task.frameworkId}
          </Link>,
        ],
        [
          'Node',
          <Link key="n" className="link" to={paths.node(task.agentId)}>
            {agent?.hostname ?? task.agentId}
          </Link>,
        ],
        ['Started', <ExactTime key="s" at={task.startedAt} />],
        ...names
          .filter((name) => task.resources[name] > 0)
          .map(
            (name) =>
              [
                resourceLabel[name],
                <span key={name} className="num">
                  {amount(name, task.resources[name])}
                </span>,
              ] as const,
          ),
        [
          'Ports',
          task.ports.length === 0 ? (
            '–'
          ) : (
            <span key="p" className="mono">
              {task.ports.join(', ')}
            </span>
          ),
        ],
        [
          'Addresses',
          task.addresses.length === 0 ? (
            '–'
          ) : (
            <span key="a" className="mono">
              {task.addresses.join(', ')}
            </span>
          ),
        ],
        ['Role', task.role],
        [
          'Executor',
          task.executorId === undefined ? 'none (command task)' : <Id key="e" value={task.executorId} max={40} />,
        ],
        ...(task.image === undefined
          ? []
          : [
              [
                'Image',
                <span key="i" className="mono">
                  {task.image}
                </span>,
              ] as const,
            ]),
        ...(task.labels.length === 0 ? [] : [['Labels', <Labels key="l" labels={task.labels} />] as const]),
      ]}
    />
  )
}

export function Labels({ labels }: { labels: readonly { key: string; value: string }[] }) {
  return (
    <span className="chips">
      {labels.map((label) => (
        <span className="chip" key={label.key}>
          {label.key}
          {label.value !== '' && `: ${label.value}`}
        </span>
      ))}
    </span>
  )
}
