/** Stops what a cluster record names: through its supervisor, or part by part when that one is gone. */
import { setTimeout as delay } from 'node:timers/promises'
import { CliError } from '../../errors.ts'
import { stopTimeoutMs } from '../../limits.ts'
import { isAlive, removeCluster } from './cluster-record.ts'
import type { ClusterRecord, ProcessRecord } from './cluster-record.ts'
import { stopOrder } from '../plan/part.ts'

type Identity = { readonly pid: number; readonly startTicks: number }

const signalIfAlive = (target: Identity, signal: NodeJS.Signals): void => {
  if (isAlive(target)) process.kill(target.pid, signal)
}

async function waitForEnd(targets: readonly Identity[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (targets.some(isAlive)) {
    if (Date.now() > deadline) return false
    await delay(50)
  }
  return true
}

async function stopParts(processes: readonly ProcessRecord[]): Promise<void> {
  for (const kinds of stopOrder) {
    const group = processes.filter(({ kind }) => kinds.includes(kind))
    for (const one of group) signalIfAlive(one, one.kind === 'agent' ? 'SIGUSR1' : 'SIGTERM')
    if (await waitForEnd(group, stopTimeoutMs)) continue
    for (const one of group) signalIfAlive(one, 'SIGKILL')
    await waitForEnd(group, stopTimeoutMs)
  }
}

/** Resolves when nothing of the record runs any more. */
export async function stopCluster(workDir: string, record: ClusterRecord): Promise<void> {
  if (isAlive(record.supervisor)) {
    process.kill(record.supervisor.pid, 'SIGTERM')
    if (!(await waitForEnd([record.supervisor], 3 * stopTimeoutMs))) {
      throw new CliError(`The supervisor (pid ${record.supervisor.pid}) does not end: see the logs in ${workDir}/logs.`)
    }
  }
  await stopParts(record.processes)
  removeCluster(workDir)
}
