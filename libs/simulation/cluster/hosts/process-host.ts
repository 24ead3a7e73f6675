/** Parts as processes of their own, started as `thermo up` starts them. */
import { PartProcess } from '@thermosphere/cli'
import type { Network } from '../network/network.ts'
import type { PlannedPart } from '../plan.ts'
import { endProcessesIn } from './end-processes.ts'
import type { Host } from './host.ts'

export type ProcessHostOptions = {
  readonly parts: ReadonlyMap<string, PlannedPart>
  readonly network: Network
  readonly workDir: string
}

const startTimeoutMs = 60_000

export class ProcessHost implements Host {
  readonly #options: ProcessHostOptions
  readonly #processes = new Map<string, PartProcess>()
  readonly #ends = new Map<string, string>()

  constructor(options: ProcessHostOptions) {
    this.#options = options
  }

  /** Of the parts that run. */
  pids(): ReadonlyMap<string, number> {
    const records = [...this.#processes.values()].flatMap((one) => one.record() ?? [])
    return new Map(records.map(({ name, pid }) => [name, pid]))
  }

  async start(name: string): Promise<void> {
    const { parts, network, workDir } = this.#options
    const planned = parts.get(name)
    if (planned === undefined) throw new Error(`there is no part ${name}`)
    const { part, place, flags } = planned
    this.#ends.delete(name)
    const started = new PartProcess(
      { ...part, flags },
      {
        logFolder: `${workDir}/logs`,
        events: { onStarted: () => undefined, onEnded: (_part, how) => this.#onEnded(name, how) },
      },
    )
    this.#processes.set(name, started)
    if (part.kind !== 'etcd') await network.open(name, place)
    started.start()
    const reason = await started.waitUntilReady(Date.now() + startTimeoutMs)
    if (reason !== undefined)
      throw new Error(`${name} did not start: ${reason}; its log ends with:\n${started.logTail()}`)
  }

  async kill(name: string): Promise<void> {
    const running = this.#processes.get(name)
    this.#processes.delete(name)
    await running?.stop('SIGKILL')
    await this.#options.network.close(name)
  }

  pause(name: string): void {
    process.kill(this.#pidOf(name), 'SIGSTOP')
  }

  resume(name: string): void {
    process.kill(this.#pidOf(name), 'SIGCONT')
  }

  isRunning(name: string): boolean {
    return this.#processes.get(name)?.record() !== undefined
  }

  endedBy(name: string): string | undefined {
    return this.#ends.get(name)
  }

  async close(): Promise<void> {
    const { network, workDir, parts } = this.#options
    network.heal()
    const kindOf = (name: string): string | undefined => parts.get(name)?.part.kind
    for (const pid of this.pids().values()) process.kill(pid, 'SIGCONT')
    for (const kinds of [['marathon', 'chronos'], ['agent'], ['master'], ['etcd']]) {
      const names = [...this.#processes.keys()].filter((name) => kinds.includes(kindOf(name) ?? ''))
      const signal = kinds.includes('agent') ? 'SIGUSR1' : 'SIGTERM'
      await Promise.all(names.map((name) => this.#processes.get(name)?.stop(signal)))
    }
    await network.closeAll()
    await endProcessesIn(workDir)
  }

  /** Nobody starts it again but the test. */
  #onEnded(name: string, how: string): void {
    this.#ends.set(name, how)
    void this.kill(name)
  }

  #pidOf(name: string): number {
    const pid = this.pids().get(name)
    if (pid === undefined) throw new Error(`${name} does not run`)
    return pid
  }
}
