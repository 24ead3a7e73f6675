/** A master and an agent as processes of their own, with a framework that runs a command and an executor. */
import { PartProcess, planCluster, planOptions } from '@thermosphere/cli'
import type { Part } from '@thermosphere/cli'
import { eventually, freePorts } from '@thermosphere/test-kit'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { processUse } from '../fleet/figures.ts'
import { collectGarbage, inspectable } from '../fleet/inspector.ts'
import { LiveFramework } from './live-framework.ts'
import { readState } from './read-state.ts'

export type Memory = { readonly liveMib: number; readonly rssMib: number }
export type ServerName = 'master' | 'agent'

const startTimeoutMs = 60_000
const machine = { cpus: 4, memMib: 4096, diskMib: 16_384 }
const agentFlags = ['isolation=posix', 'containerizers=mesos', 'registration_backoff_factor=50ms']

export class Target {
  readonly #processes = new Map<string, PartProcess>()
  readonly #inspectors = new Map<string, number>()
  readonly #pids = new Map<string, number>()
  readonly #workDir: string
  #live: LiveFramework | undefined
  #isClosed = false

  private constructor(workDir: string) {
    this.#workDir = workDir
  }

  /** Nothing runs yet; whatever happens from now on, it has to be closed. */
  static async create(): Promise<Target> {
    return new Target(await mkdtemp(`${tmpdir()}/thermosphere-fuzz-`))
  }

  get live(): LiveFramework {
    if (this.#live === undefined) throw new Error('the target has not started')
    return this.#live
  }

  url(name: ServerName): string {
    return this.#process(name).part.url
  }

  /** What the two tell of themselves, without what moves by itself. */
  state(): Promise<string> {
    return readState({ master: this.url('master'), agent: this.url('agent') })
  }

  async memory(name: ServerName): Promise<Memory> {
    const pid = this.#pids.get(name)
    const port = this.#inspectors.get(name)
    if (pid === undefined || port === undefined) throw new Error(`no ${name} was started`)
    const { liveMib } = await collectGarbage({ pid, port })
    return { liveMib, rssMib: processUse(pid)?.rssMib ?? 0 }
  }

  /** Who is not any more what was started, with the end of its log. */
  damage(): string | undefined {
    for (const [name, one] of this.#processes) {
      if (one.record()?.pid !== this.#pids.get(name)) return `the ${name} ended; its log ends with:\n${one.logTail()}`
    }
    return this.#live?.ended
  }

  /** Also amid a start, which then fails. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#live?.close()
    for (const [name, one] of [...this.#processes].reverse()) await one.stop(name === 'agent' ? 'SIGUSR1' : 'SIGTERM')
    await rm(this.#workDir, { recursive: true, force: true })
  }

  /** Resolves when both tasks run and nothing moves any more. */
  async start(): Promise<void> {
    const port = await freePorts(4)
    const values = {
      masters: 1,
      agents: 1,
      store: 'sqlite',
      without: ['marathon', 'chronos', 'gateway'],
      agentFlag: agentFlags,
    }
    const ports = { masterPort: port, agentPort: port + 1 }
    for (const part of planCluster(planOptions({ ...values, ...ports }, this.#workDir), machine)) {
      await this.#startPart(part, port + 2 + this.#inspectors.size)
    }
    const { master, agent } = { master: this.url('master'), agent: this.url('agent') }
    await eventually('an agent has joined', async () => {
      const answer = await fetch(`${master}/slaves`).catch(() => undefined)
      if (answer?.ok !== true) return false
      const { slaves } = (await answer.json()) as { readonly slaves: readonly unknown[] }
      return slaves.length === 1
    })
    this.#live = await LiveFramework.start({ master, agent })
  }

  async #startPart(part: Part, inspectorPort: number): Promise<void> {
    if (this.#isClosed) throw new Error('the target was closed while it started')
    // An agent takes SIGUSR1 as the order to leave.
    const started = new PartProcess(inspectable(part, inspectorPort, 'start'), {
      logFolder: `${this.#workDir}/logs`,
      events: { onStarted: () => undefined, onEnded: () => undefined },
    })
    this.#processes.set(part.kind, started)
    this.#inspectors.set(part.kind, inspectorPort)
    started.start()
    const reason = await started.waitUntilReady(Date.now() + startTimeoutMs)
    const pid = started.record()?.pid
    if (reason !== undefined || pid === undefined) throw new Error(`${part.name} did not start: ${started.logTail()}`)
    this.#pids.set(part.kind, pid)
  }

  #process(name: ServerName): PartProcess {
    const found = this.#processes.get(name)
    if (found === undefined) throw new Error(`no ${name} was started`)
    return found
  }
}
