/** What the end-to-end tests ask of Chronos, as its clients do. */
import { eventually } from '@thermosphere/test-kit'
import type { Cluster } from './cluster.ts'

export type Job = {
  readonly name: string
  readonly schedule?: string
  readonly disabled: boolean
  readonly successCount: number
  readonly errorCount: number
  readonly errorsSinceLastSuccess: number
  readonly parents?: readonly string[]
}

export type Run = {
  readonly id: string
  readonly taskId: string
  readonly attempt: number
  readonly cause: 'schedule' | 'parent' | 'manual' | 'retry'
  readonly state:
    'delayed' | 'queued' | 'launching' | 'running' | 'succeeded' | 'failed' | 'killed' | 'dropped' | 'missed'
  readonly scheduledAt: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly exitCode?: number
  readonly reason?: string
  readonly message?: string
  readonly agentId: string
  readonly frameworkId: string
  readonly occurrences?: number
}

const scheduler = '/v1/scheduler'
const small = { cpus: 0.1, mem: 32, owner: '' }

export const addJob = (cluster: Cluster, job: Record<string, unknown>): Promise<unknown> =>
  cluster.send('chronos', `${scheduler}/${job['parents'] === undefined ? 'iso8601' : 'dependency'}`, {
    method: 'POST',
    body: { ...small, ...job },
  })

export const getJob = (cluster: Cluster, name: string): Promise<Job> =>
  cluster.json<Job>('chronos', `${scheduler}/job/${name}`)

/** Oldest first. */
export const runsOf = async (cluster: Cluster, name: string): Promise<Run[]> => {
  const { runs } = await cluster.json<{ runs: Run[] }>('chronos', `${scheduler}/job/${name}/runs`)
  return runs.toSorted((a, b) => at(a.scheduledAt) - at(b.scheduledAt) || a.attempt - b.attempt)
}

export const at = (text: string | undefined): number => (text === undefined ? Number.NaN : Date.parse(text))

const hasEnded = ({ state }: Run): boolean => ['succeeded', 'failed', 'killed', 'dropped', 'missed'].includes(state)

export const ended = (cluster: Cluster, name: string, count: number, timeoutMs = 30_000): Promise<Run[]> =>
  eventually(
    `${count} runs of ${name} have ended`,
    async () => {
      const runs = (await runsOf(cluster, name)).filter(hasEnded)
      return runs.length >= count ? runs : undefined
    },
    timeoutMs,
  )

/** The run that is under way at its agent. */
export const underWay = (cluster: Cluster, name: string): Promise<Run> =>
  eventually(`a run of ${name} is under way`, async () =>
    (await runsOf(cluster, name)).find((run) => run.state === 'running' && run.startedAt !== undefined),
  )
