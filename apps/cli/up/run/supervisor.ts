/**
 * Runs the parts of a cluster: the store first, then all others at once; restarted when they end; stopped in the order
 * in which nothing is replaced, rescheduled or lost: frameworks, agents with their tasks, masters, store.
 */
import { CliError } from '../../errors.ts'
import { readyTimeoutMs } from '../../limits.ts'
import { removeCluster, startTicksOf, writeCluster } from './cluster-record.ts'
import { stopOrder } from '../plan/part.ts'
import type { Part } from '../plan/part.ts'
import { PartProcess } from './part-process.ts'

export type SupervisorOptions = {
  readonly parts: readonly Part[]
  readonly workDir: string
  /** Leave tasks running when the agents stop; the next start finds them. */
  readonly keepTasks: boolean
  readonly say: (line: string) => void
}

export class Supervisor {
  #options: SupervisorOptions
  #processes: PartProcess[]
  #startedAt = Date.now()
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    const events = {
      onStarted: () => this.#writeRecord(),
      onEnded: (part: Part, how: string, delayMs: number) => {
        options.say(`${part.name} ended (${how}); it starts again in ${delayMs / 1000} s`)
        this.#writeRecord()
      },
    }
    this.#processes = options.parts.map(
      (part) => new PartProcess(part, { logFolder: `${options.workDir}/logs`, events }),
    )
  }

  /** Resolves when every part answers; rejects with CliError, everything stopped, when one does not. */
  async start(): Promise<void> {
    const stores = this.#processes.filter(({ part }) => part.kind === 'etcd')
    await this.#startAll(stores)
    await this.#startAll(this.#processes.filter((process) => !stores.includes(process)))
  }

  async #startAll(processes: readonly PartProcess[]): Promise<void> {
    if (this.#stopping) return
    for (const process of processes) process.start()
    const deadline = Date.now() + readyTimeoutMs
    const failures = await Promise.all(
      processes.map(async (process) => ({ process, reason: await process.waitUntilReady(deadline) })),
    )
    if (this.#stopping) return
    const failed =
      failures.find(({ reason }) => reason === 'ended') ?? failures.find(({ reason }) => reason !== undefined)
    if (failed === undefined) return
    const { process, reason } = failed
    const tail = process.logTail()
    await this.stop()
    throw new CliError(
      `${process.part.name} did not start: ${reason}. Its log (${process.logPath}) ends with:\n${tail}`,
    )
  }

  #writeRecord(): void {
    if (this.#stopping) return
    const { parts, workDir } = this.#options
    writeCluster(workDir, {
      version: 1,
      supervisor: { pid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 },
      startedAt: this.#startedAt,
      gateway: parts.find((part) => part.kind === 'gateway')?.url ?? '',
      processes: this.#processes.flatMap((one) => one.record() ?? []),
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const kinds of stopOrder) {
      const group = this.#processes.filter(({ part }) => kinds.includes(part.kind))
      await Promise.all(group.map((process) => process.stop(this.#stopSignal(process.part))))
    }
    removeCluster(this.#options.workDir)
  }

  /** Mesos: SIGUSR1 makes an agent end its tasks, then itself; on SIGTERM they go on. */
  #stopSignal(part: Part): NodeJS.Signals {
    return part.kind === 'agent' && !this.#options.keepTasks ? 'SIGUSR1' : 'SIGTERM'
  }

  killNow(): void {
    for (const process of this.#processes) process.killNow()
    removeCluster(this.#options.workDir)
  }
}
