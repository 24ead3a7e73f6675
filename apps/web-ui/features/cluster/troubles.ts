import type { Connections } from '../../api/live/live-client.ts'
import type { SourceName } from '../../api/live/connection.ts'
import { paths } from '../../paths.ts'
import type { Status } from '../../ui/status.ts'
import { worstFirst } from '../../ui/status.ts'
import { plural } from '../../ui/text/format.ts'
import type { JobView } from '../jobs/job-view.ts'
import type { ServiceView } from '../services/service-view.ts'
import type { Usage } from './usage.ts'

/** One thing that is not as it should be, with the reason and where to look. */
export type Trouble = { id: string; status: Status; name: string; word: string; reason: string; path: string }

type Sources = {
  services: readonly ServiceView[]
  jobs: readonly JobView[]
  usage: Usage | undefined
  connections: Connections
}

const parts: Record<SourceName, string> = { cluster: 'Master', services: 'Marathon', jobs: 'Chronos' }

export function findTroubles({ services, jobs, usage, connections }: Sources): Trouble[] {
  const isTrouble = (one: { status: Status }) => one.status === 'failing' || one.status === 'waiting'
  const found: Trouble[] = [
    ...(Object.keys(parts) as SourceName[]).flatMap((name) => lostPart(name, connections)),
    ...(usage?.agents ?? [])
      .filter((one) => isTrouble(one))
      .map((one): Trouble => ({
        id: `n:${one.agent.id}`,
        status: one.status,
        name: one.agent.hostname,
        word: one.word,
        reason:
          one.tasks.length === 0
            ? 'the agent does not answer the master'
            : `${plural(one.tasks.length, 'task')} there may be lost`,
        path: paths.node(one.agent.id),
      })),
    ...services.filter(isTrouble).map((view): Trouble => ({
      ...view,
      id: `s:${view.id}`,
      name: view.id,
      path: paths.service(view.id, view.status === 'waiting' ? { tab: 'why' } : {}),
    })),
    ...jobs.filter(isTrouble).map((view): Trouble => ({ ...view, id: `j:${view.name}`, path: paths.job(view.name) })),
  ]
  return found.sort((a, b) => worstFirst(a.status, b.status) || a.name.localeCompare(b.name))
}

function lostPart(name: SourceName, connections: Connections): Trouble[] {
  const connection = connections[name]
  if (connection.state !== 'reconnecting') return []
  const trouble = {
    id: `p:${name}`,
    name: parts[name],
    word: 'Unreachable',
    reason: connection.reason,
    path: paths.system(),
  }
  return [{ ...trouble, status: 'failing' }]
}

/** Is anything wrong? One sentence. */
export function summarize(troubles: readonly Trouble[]): { status: Status; sentence: string } {
  const failing = troubles.filter((one) => one.status === 'failing')
  const waiting = troubles.filter((one) => one.status === 'waiting')
  const [only] = troubles
  if (only === undefined) return { status: 'healthy', sentence: 'Everything is running as it should.' }
  if (troubles.length === 1) return { status: only.status, sentence: `${only.name} is ${only.word.toLowerCase()}.` }
  const count = (list: readonly Trouble[], verb: string) =>
    list.length === 0 ? [] : [`${list.length} ${list.length === 1 ? 'is' : 'are'} ${verb}`]
  const sentence = [...count(failing, 'failing'), ...count(waiting, 'waiting')].join(', ')
  return { status: failing.length > 0 ? 'failing' : 'waiting', sentence: `Of what should run, ${sentence}.` }
}
