import { Link } from 'react-router'
import type { Cluster, Task } from '../../api/live/cluster-state.ts'
import { taskWords } from '../../api/live/task-words.ts'
import { paths } from '../../paths.ts'
import type { Column } from '../../ui/DataTable.tsx'
import { cpus, mebibytes, shortId } from '../../ui/text/format.ts'
import { StatusWord } from '../../ui/StatusMark.tsx'
import type { Status } from '../../ui/status.ts'
import { Time } from '../../ui/text/Time.tsx'

export type TaskRow = { task: Task; status: Status; word: string; host: string; framework: string }

export const taskRow = (task: Task, cluster: Cluster): TaskRow => ({
  task,
  ...taskWords(task.state, task.healthy),
  host: cluster.agents.get(task.agentId)?.hostname ?? '',
  framework: cluster.frameworks.get(task.frameworkId)?.name ?? '',
})

export const taskColumns: Column<TaskRow>[] = [
  {
    id: 'id',
    header: 'Task',
    width: 'minmax(200px, 2.4fr)',
    narrow: 'title',
    sortBy: (row) => row.task.id,
    cell: (row) => (
      <Link className="link mono" title={row.task.id} to={paths.task(row.task.frameworkId, row.task.id)}>
        {shortId(row.task.id, 52)}
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 'minmax(110px, 0.8fr)',
    narrow: 'wide',
    sortBy: (row) => row.word,
    cell: (row) => <StatusWord status={row.status} word={row.word} />,
  },
  {
    id: 'framework',
    header: 'Framework',
    width: 'minmax(100px, 0.8fr)',
    sortBy: (row) => row.framework,
    cell: (row) => (
      <Link className="link" to={paths.framework(row.task.frameworkId)}>
        {row.framework || shortId(row.task.frameworkId, 14)}
      </Link>
    ),
  },
  {
    id: 'node',
    header: 'Node',
    width: 'minmax(120px, 1fr)',
    sortBy: (row) => row.host,
    cell: (row) => (
      <Link className="link" to={paths.node(row.task.agentId)}>
        {row.host || shortId(row.task.agentId, 14)}
      </Link>
    ),
  },
  {
    id: 'cpus',
    header: 'CPUs',
    width: '64px',
    align: 'right',
    sortBy: (row) => row.task.resources.cpus,
    cell: (row) => cpus(row.task.resources.cpus),
  },
  {
    id: 'mem',
    header: 'Memory',
    width: '88px',
    align: 'right',
    sortBy: (row) => row.task.resources.mem,
    cell: (row) => mebibytes(row.task.resources.mem),
  },
  {
    id: 'updated',
    header: 'Updated',
    width: '90px',
    align: 'right',
    sortBy: (row) => row.task.updatedAt ?? 0,
    cell: (row) => <Time at={row.task.updatedAt} />,
  },
]
