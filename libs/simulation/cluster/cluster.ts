/** A running cluster: what a test asks of it and does to it. */
import type { ClusterClock } from './clock/cluster-clock.ts'
import type { Duration } from './clock/duration.ts'
import type { Host } from './hosts/host.ts'
import type { Direction, Network } from './network/network.ts'
import { outside } from './network/network.ts'
import type { PlannedPart } from './plan.ts'
import { Asker } from './queries/asker.ts'
import { ChronosClient } from './queries/chronos-client.ts'
import { MarathonClient } from './queries/marathon-client.ts'
import { readState } from './queries/master-state.ts'
import type { ClusterState } from './queries/master-state.ts'
import { waitFor } from './queries/wait-for.ts'
import type { Condition, WaitOptions } from './queries/wait-for.ts'

/** The clock of a cluster's cores. */
export type Clock = {
  /** Milliseconds since the epoch, as the cores see it. */
  readonly now: () => number
  /** Lets time pass for the cores; needs `clock: 'virtual'`. */
  readonly advance: (duration: Duration) => Promise<void>
}

type Parts = {
  readonly parts: ReadonlyMap<string, PlannedPart>
  readonly host: Host
  readonly network: Network
  readonly clock: ClusterClock
  readonly close: () => Promise<void>
}

/** Generous: the machine may be busy with other tests. */
const startTimeoutMs = 60_000

export class Cluster {
  readonly clock: Clock
  readonly marathon: MarathonClient
  readonly chronos: ChronosClient
  readonly #parts: Parts
  readonly #asker: Asker
  #closed: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.clock = parts.clock
    this.#asker = new Asker((kind) => this.#urlsOf(kind))
    this.marathon = new MarathonClient(this.#asker)
    this.chronos = new ChronosClient(this.#asker)
  }

  /** `master`, or `master-1`, `master-2` … where there are several; `agent-1` …; `marathon`, `chronos` likewise. */
  get names(): readonly string[] {
    return [...this.#parts.parts.keys()]
  }

  /** `host:port` of every master, for a framework under test. */
  get masters(): readonly string[] {
    return [...this.#parts.parts.values()].flatMap(({ part }) =>
      part.kind === 'master' ? [`${part.ip}:${part.port}`] : [],
    )
  }

  /** Where a part is reached. */
  url(name: string): string {
    return this.#planned(name).part.url
  }

  isRunning(name: string): boolean {
    this.#planned(name)
    return this.#parts.host.isRunning(name)
  }

  /** Agents, frameworks and tasks as the leading master knows them. */
  state(): Promise<ClusterState> {
    return readState(this.#asker)
  }

  /** Resolves with what the condition comes to; rejects in time with what was seen last. */
  waitFor<T>(condition: Condition<T>, options: WaitOptions): Promise<T> {
    return waitFor(condition, { ...options, takeSeen: () => this.#asker.takeSeen() })
  }

  /** As SIGKILL: the part writes and says nothing more. Tasks of a killed agent go on. */
  async kill(name: string): Promise<void> {
    this.#planned(name)
    await this.#parts.host.kill(name)
  }

  /** Starts a part that was killed; one that runs is killed first. Resolves when it answers. */
  async restart(name: string): Promise<void> {
    await this.kill(name)
    await this.#parts.host.start(name)
  }

  /** As SIGSTOP: its connections stay and are silent, nothing of it goes on. Tasks do. */
  pause(name: string): void {
    this.#planned(name)
    this.#parts.host.pause(name)
  }

  resume(name: string): void {
    this.#planned(name)
    this.#parts.host.resume(name)
  }

  /**
   * What `a` sends to `b` (`forth`), what `b` sends to `a` (`back`), or both, does not arrive until `heal`. `outside`
   * is whoever is no part: the test and its frameworks.
   */
  partition(a: string, b: string, direction: Direction = 'both'): void {
    for (const name of [a, b]) if (name !== outside) this.#planned(name)
    this.#parts.network.partition(a, b, direction)
  }

  /** Ends the partition of two parts, or all of them. What was held back arrives. */
  heal(a?: string, b?: string): void {
    this.#parts.network.heal(a, b)
  }

  /** Ends all parts with their tasks and removes their files. */
  close(): Promise<void> {
    this.#closed ??= this.#parts.host.close().then(() => this.#parts.close())
    return this.#closed
  }

  /** For `startCluster`. */
  async startAll(): Promise<void> {
    const { host } = this.#parts
    const ofKind = (kind: string): string[] => this.names.filter((name) => this.#planned(name).part.kind === kind)
    for (const kinds of [['etcd'], ['master'], ['agent', 'marathon', 'chronos']])
      await Promise.all(kinds.flatMap(ofKind).map((name) => host.start(name)))
    const agents = ofKind('agent').length
    const frameworks = ['marathon', 'chronos'].filter((kind) => ofKind(kind).length > 0)
    await this.waitFor(
      async () => {
        const state = await this.state()
        const joined = state.agents.filter(({ active }) => active).length
        const names = state.frameworks.filter(({ connected }) => connected).map(({ name }) => name)
        return joined === agents && frameworks.every((name) => names.includes(name))
      },
      { what: `${agents} agents and ${frameworks.length} frameworks have joined`, timeoutMs: startTimeoutMs },
    )
  }

  #planned(name: string): PlannedPart {
    const planned = this.#parts.parts.get(name)
    if (planned !== undefined) return planned
    throw new RangeError(`there is no part ${name}; there are ${this.names.join(', ')}`)
  }

  #urlsOf(kind: string): string[] {
    return [...this.#parts.parts.values()].flatMap(({ part }) =>
      part.kind === kind && this.#parts.host.isRunning(part.name) ? [part.url] : [],
    )
  }
}
