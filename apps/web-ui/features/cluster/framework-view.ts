import type { Cluster, Framework } from '../../api/live/cluster-state.ts'
import type { Amounts } from '../../api/live/resources.ts'
import { nothing, plus } from '../../api/live/resources.ts'
import type { Status } from '../../ui/status.ts'

export type FrameworkRow = { framework: Framework; status: Status; word: string; tasks: number; used: Amounts }

export function frameworkWords(framework: Framework): { status: Status; word: string } {
  if (framework.completed) return { status: 'stopped', word: 'Completed' }
  if (!framework.connected) return { status: 'failing', word: 'Disconnected' }
  return framework.active ? { status: 'healthy', word: 'Active' } : { status: 'waiting', word: 'Inactive' }
}

export function frameworkRows(cluster: Cluster, isEnded: (state: string) => boolean): FrameworkRow[] {
  const rows = new Map<string, FrameworkRow>()
  for (const framework of cluster.frameworks.values())
    rows.set(framework.id, { framework, ...frameworkWords(framework), tasks: 0, used: nothing })
  for (const task of cluster.tasks.values()) {
    const row = rows.get(task.frameworkId)
    if (row === undefined || isEnded(task.state)) continue
    row.tasks += 1
    row.used = plus(row.used, task.resources)
  }
  return [...rows.values()].sort(
    (a, b) =>
      Number(a.framework.completed) - Number(b.framework.completed) || a.framework.name.localeCompare(b.framework.name),
  )
}
