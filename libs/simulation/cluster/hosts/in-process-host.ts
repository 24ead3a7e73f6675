/** Parts within this process: the real servers on loopback ports. */
import type { Part } from '@thermosphere/cli'
import { createLogger } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import { SharedMemory } from '@thermosphere/store'
import type { MemoryDoor } from '@thermosphere/store'
import type { ClusterClock } from '../clock/cluster-clock.ts'
import type { PartClock } from '../clock/part-clock.ts'
import { asPart } from '../network/in-process-callers.ts'
import type { Network } from '../network/network.ts'
import type { PlannedPart } from '../plan.ts'
import { endProcessesIn } from './end-processes.ts'
import type { Host } from './host.ts'
import { HostedLifecycle } from './hosted-lifecycle.ts'
import { servers } from './servers.ts'
import type { ServerKind } from './servers.ts'

type Running = {
  readonly clock: PartClock
  readonly halt: AbortController
  readonly door: MemoryDoor | undefined
  readonly lifecycle: HostedLifecycle
  /** Resolves when the part has ended by itself. */
  readonly ended: Promise<void>
  leave: (() => void) | undefined
}

export type InProcessOptions = {
  readonly parts: ReadonlyMap<string, PlannedPart>
  readonly network: Network
  readonly clock: ClusterClock
  readonly workDir: string
}

/** An agent that ends its tasks takes their grace; whatever is left then is killed. */
const leaveMaxMs = 3_000

const keepsState = (kind: Part['kind']): boolean => kind === 'master' || kind === 'marathon' || kind === 'chronos'

export class InProcessHost implements Host {
  readonly #options: InProcessOptions
  /** What those of one kind share, as processes share a database. */
  readonly #stores = new Map<string, SharedMemory>()
  readonly #running = new Map<string, Running>()
  readonly #loggers = new Map<string, Logger>()
  readonly #ends = new Map<string, string>()

  constructor(options: InProcessOptions) {
    this.#options = options
  }

  async start(name: string): Promise<void> {
    const { part, place, flags } = this.#planned(name)
    if (this.#running.has(name)) throw new Error(`${name} runs`)
    this.#ends.delete(name)
    const door = keepsState(part.kind) ? this.#storeOf(part.kind).door() : undefined
    const running = this.#prepare(name, door)
    this.#running.set(name, running)
    await this.#options.network.open(name, place)
    const argv = door === undefined ? flags : [...flags, `--store=${door.url}`]
    // The plan of an in-process cluster has nothing but servers.
    const start = servers[part.kind as ServerKind]
    running.leave = await asPart(name, () => start(argv, this.#loggerOf(name), running.lifecycle))
    const reason = this.#ends.get(name)
    if (reason !== undefined) throw new Error(`${name} did not start: ${reason}`)
  }

  async kill(name: string): Promise<void> {
    const running = this.#running.get(name)
    if (running === undefined) return
    this.#running.delete(name)
    // Dead in this order: it decides nothing, stores nothing, says nothing. What is closed then only frees memory.
    running.halt.abort()
    running.door?.cut()
    await this.#options.network.close(name)
    running.clock.resume()
    this.#options.network.thaw(name)
    await asPart(name, () => running.lifecycle.close())
  }

  pause(name: string): void {
    const running = this.#running.get(name)
    if (running === undefined) throw new Error(`${name} does not run`)
    running.clock.stop()
    running.door?.stall()
    this.#options.network.freeze(name)
  }

  resume(name: string): void {
    const running = this.#running.get(name)
    if (running === undefined) throw new Error(`${name} does not run`)
    this.#options.network.thaw(name)
    running.door?.resume()
    running.clock.resume()
  }

  isRunning(name: string): boolean {
    return this.#running.has(name)
  }

  endedBy(name: string): string | undefined {
    return this.#ends.get(name)
  }

  async close(): Promise<void> {
    const { network, workDir, parts } = this.#options
    network.heal()
    for (const name of this.#running.keys()) this.resume(name)
    const kindOf = (name: string): string | undefined => parts.get(name)?.part.kind
    const names = [...this.#running.keys()]
    for (const kinds of [['marathon', 'chronos'], ['agent'], ['master']])
      await Promise.all(names.filter((name) => kinds.includes(kindOf(name) ?? '')).map((name) => this.#stop(name)))
    await network.closeAll()
    await endProcessesIn(workDir)
  }

  async #stop(name: string): Promise<void> {
    const running = this.#running.get(name)
    if (running === undefined) return
    running.leave?.()
    const late = new Promise<void>((resolve) => setTimeout(resolve, leaveMaxMs).unref())
    if (running.leave !== undefined) await Promise.race([running.ended, late])
    await this.kill(name)
  }

  #prepare(name: string, door: MemoryDoor | undefined): Running {
    const clock = this.#options.clock.forPart()
    const halt = new AbortController()
    const ended = Promise.withResolvers<void>()
    const lifecycle = new HostedLifecycle({
      loop: { clock, halt: halt.signal },
      onEnd: (reason) => {
        ended.resolve()
        if (halt.signal.aborted) return
        this.#ends.set(name, reason)
        void this.kill(name)
      },
    })
    return { clock, halt, door, lifecycle, ended: ended.promise, leave: undefined }
  }

  #planned(name: string): PlannedPart {
    const planned = this.#options.parts.get(name)
    if (planned !== undefined) return planned
    throw new Error(`there is no part ${name}: there are ${[...this.#options.parts.keys()].join(', ')}`)
  }

  #storeOf(kind: string): SharedMemory {
    const store = this.#stores.get(kind) ?? new SharedMemory()
    this.#stores.set(kind, store)
    return store
  }

  #loggerOf(name: string): Logger {
    const file = `${this.#options.workDir}/logs/${name}.log`
    const logger = this.#loggers.get(name) ?? createLogger({ name, level: 'info', file })
    this.#loggers.set(name, logger)
    return logger
  }
}
