import type { Status } from '../../ui/status.ts'
import type { ChronosEvent } from '../schemas/chronos.ts'
import type { OperatorEvent } from '../schemas/mesos.ts'
import type { Cluster } from './cluster-state.ts'
import type { FeedEntry } from './feed.ts'
import { jobNameOf } from './jobs-source.ts'

type Line = { status: Status; what: string; why: string; subject: FeedEntry['subject'] }

/** Lines for agents and frameworks that come and go. */
export function clusterFeed(event: OperatorEvent, cluster: Cluster, now: number): FeedEntry[] {
  const line = clusterLine(event, cluster)
  if (line === undefined) return []
  return [{ id: `c:${event.type}:${line.subject.id}:${now}`, at: now, source: 'cluster', ...line }]
}

function clusterLine(event: OperatorEvent, cluster: Cluster): Line | undefined {
  switch (event.type) {
    case 'AGENT_ADDED': {
      const info = event.agent_added.agent.agent_info
      return agentLine(info.id?.value ?? '', info.hostname, { status: 'healthy', what: 'Agent joined', why: '' })
    }
    case 'AGENT_REMOVED': {
      const id = event.agent_removed.agent_id.value
      return agentLine(id, id, { status: 'stopped', what: 'Agent left', why: 'unregistered or removed' })
    }
    case 'FRAMEWORK_ADDED':
    case 'FRAMEWORK_UPDATED': {
      const changed = event.type === 'FRAMEWORK_ADDED' ? event.framework_added : event.framework_updated
      const info = changed.framework.framework_info
      const what = event.type === 'FRAMEWORK_ADDED' ? 'Framework connected' : 'Framework reconnected'
      return frameworkLine(info.id?.value ?? '', info.name, { status: 'healthy', what, why: '' })
    }
    case 'FRAMEWORK_REMOVED': {
      const id = event.framework_removed.framework_info.id?.value ?? ''
      const name = cluster.frameworks.get(id)?.name ?? event.framework_removed.framework_info.name
      return frameworkLine(id, name, { status: 'stopped', what: 'Framework removed', why: 'torn down or timed out' })
    }
    default:
      return undefined
  }
}

const agentLine = (id: string, name: string, line: Omit<Line, 'subject'>): Line => ({
  ...line,
  subject: { kind: 'agent', id, name },
})
const frameworkLine = (id: string, name: string, line: Omit<Line, 'subject'>): Line => ({
  ...line,
  subject: { kind: 'framework', id, name },
})

const runWords: Record<string, { status: Status; what: string }> = {
  running: { status: 'working', what: 'Run started' },
  succeeded: { status: 'healthy', what: 'Run succeeded' },
  failed: { status: 'failing', what: 'Run failed' },
  killed: { status: 'stopped', what: 'Run killed' },
  skipped: { status: 'waiting', what: 'Run skipped' },
  missed: { status: 'waiting', what: 'Run missed' },
}

/** Lines for jobs and their runs. */
export function jobFeed(type: string, event: ChronosEvent, now: number): FeedEntry[] {
  const name = jobNameOf(event)
  if (name === undefined) return []
  const subject: FeedEntry['subject'] = { kind: 'job', id: name, name }
  if (type === 'job_deleted')
    return [
      {
        id: `j:${name}:deleted:${now}`,
        at: now,
        source: 'jobs',
        status: 'stopped',
        what: 'Job deleted',
        why: '',
        subject,
      },
    ]
  const words = type === 'run_updated' ? runWords[runState(event.run?.state ?? '')] : undefined
  if (words === undefined) return []
  const why = event.run?.message ?? event.run?.reason ?? ''
  return [{ id: `j:${name}:${event.run?.id}:${words.what}`, at: now, source: 'jobs', ...words, why, subject }]
}

/** Run states in any spelling (`TASK_FINISHED`, `SUCCESS`, `success`, …) as one word. */
export function runState(state: string): string {
  const word = state.replace(/^TASK_/, '').toLowerCase()
  if (['finished', 'success', 'succeeded'].includes(word)) return 'succeeded'
  if (['failed', 'fail', 'failure', 'error', 'lost', 'dropped', 'gone'].includes(word)) return 'failed'
  if (['staging', 'starting', 'launched', 'launching'].includes(word)) return 'starting'
  return word
}
