/** One command shows a picture: a fleet joins, gets tasks, goes on for a while, meets new leaders. */
import { delay } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import type { Config } from './config.ts'
import { processUse, rounded, worst } from './figures.ts'
import type { ProcessUse, Quantiles } from './figures.ts'
import { Fleet } from './agents/fleet.ts'
import { FleetFramework } from './framework/fleet-framework.ts'
import { OwnMaster } from './own-master.ts'
import { PeriodReports } from './reports.ts'
import type { PeriodReport } from './reports.ts'

/** What the master did meanwhile; only of one on this machine that the fleet has started. */
type MasterFigures = {
  readonly cpuSeconds: number
  /** Of one core. */
  readonly cpuPercent: number
  readonly rssMib: number
  readonly peakMib: number
  readonly eventLoopMs: Quantiles | undefined
}

export type FleetFigures = {
  readonly agents: number
  readonly tasks: number
  readonly seed: number
  readonly store: string
  /** Milliseconds from the first start: until the last agent was connected, until it was registered. */
  readonly joining: {
    readonly connectedMs: Quantiles | undefined
    readonly registeredMs: Quantiles | undefined
    readonly master: MasterFigures | undefined
  }
  readonly fleet: { readonly kibAnAgent: number; readonly cpuSeconds: number; readonly peakMib: number }
  readonly tasksStarting?: {
    readonly firstOfferMs: number | undefined
    readonly allOfferedMs: number | undefined
    readonly allRunningMs: number
    readonly launchMs: Quantiles | undefined
    readonly updatesASecond: number
    readonly acknowledgedMs: Quantiles | undefined
    readonly master: MasterFigures | undefined
  }
  readonly holding: {
    readonly seconds: number
    readonly updatesASecond: number
    readonly acknowledgedMs: Quantiles | undefined
    readonly failedTasks: number
    readonly master: MasterFigures | undefined
  }
  readonly failovers: readonly {
    /** From the end of the old leader until another leads, agents are connected, registered, and offered. */
    readonly leadsMs: number
    readonly reconnectedMs: Quantiles | undefined
    readonly reregisteredMs: Quantiles | undefined
    readonly sinceKillMs: number
    readonly firstOfferMs: number | undefined
    readonly allOfferedMs: number | undefined
    /** From the election of the new leader until all are registered. */
    readonly sinceElectionMs: number | undefined
    readonly runningTasks: number
    readonly master: MasterFigures | undefined
  }[]
}

export type FleetRunOptions = {
  readonly config: Config
  readonly signal: AbortSignal
  /** A line for who waits. */
  say(line: string): void
  /** Of `--report-every`. */
  report(report: PeriodReport): void
}

const progressMs = 2_000
/** For offers of all agents after a failover. */
const offersWaitMs = 15_000
const nothingUsed: ProcessUse = { cpuMs: 0, rssMib: 0, peakMib: 0, openFiles: 0 }

export async function runFleet(options: FleetRunOptions): Promise<FleetFigures> {
  const run = new FleetRun(options)
  try {
    return await run.run()
  } finally {
    await run.close()
  }
}

class FleetRun {
  readonly #config: Config
  readonly #say: (line: string) => void
  readonly #report: (report: PeriodReport) => void
  readonly #stopped: Promise<never>
  readonly #stop: (error: unknown) => void
  /** Aborts with the end of the run, so that nothing which still waits keeps the process alive. */
  readonly #ending = new AbortController()
  #master: OwnMaster | undefined
  #fleet: Fleet | undefined
  #framework: FleetFramework | undefined
  #store: Store | undefined
  #lastUse: { readonly use: ProcessUse | undefined; readonly at: number } = { use: undefined, at: 0 }

  constructor({ config, signal, say, report }: FleetRunOptions) {
    this.#config = config
    this.#say = say
    this.#report = report
    const { promise, reject } = Promise.withResolvers<never>()
    this.#stopped = promise
    this.#stop = (error) => {
      reject(error)
      this.#ending.abort(error)
    }
    promise.catch(() => undefined)
    signal.addEventListener('abort', () => this.#stop(signal.reason))
  }

  async run(): Promise<FleetFigures> {
    const { agents, tasks, seed, store, masters } = this.#config
    if (masters === undefined) await this.#startMaster()
    const before = process.memoryUsage.rss()
    const joining = await this.#join()
    const kibAnAgent = rounded((process.memoryUsage.rss() - before) / 1024 / agents)
    const tasksStarting = tasks > 0 ? await this.#launch() : undefined
    const holding = await this.#hold()
    const failovers: FleetFigures['failovers'][number][] = []
    for (let n = 0; n < this.#config.failovers; n++) failovers.push(await this.#failOver())
    const use = processUse(process.pid)
    const fleet = { kibAnAgent, cpuSeconds: rounded((use?.cpuMs ?? 0) / 1000), peakMib: use?.peakMib ?? 0 }
    const where = masters === undefined ? store : 'of others'
    return {
      agents,
      tasks,
      seed,
      store: where,
      joining,
      fleet,
      ...(tasksStarting && { tasksStarting }),
      holding,
      failovers,
    }
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#say('stopping')
    await this.#framework?.close()
    await this.#fleet?.close()
    await this.#store?.close()
    await this.#master?.close()
  }

  async #startMaster(): Promise<void> {
    const { store, 'master-flags': flags } = this.#config
    this.#master = await OwnMaster.start({ store, flags, signal: this.#ending.signal })
    this.#say(`a master leads at ${this.#master.url}, its registry is in ${store}`)
  }

  get #addresses(): readonly string[] {
    return this.#config.masters ?? (this.#master === undefined ? [] : [this.#master.address])
  }

  async #join(): Promise<FleetFigures['joining']> {
    const { agents, resources, speed, failures, seed } = this.#config
    await this.#beginPhase()
    const fleet = new Fleet({
      masters: this.#master?.leaders ?? this.#addresses,
      agents,
      resources,
      speed,
      failures,
      seed,
      registerRate: this.#config['register-rate'],
      onFatal: (error) => this.#stop(error),
    })
    this.#fleet = fleet
    const counts = (): string =>
      `${fleet.linkedCount} connected and ${fleet.registeredCount} registered of ${agents} agents`
    await this.#await(Promise.all([fleet.start(), fleet.untilRegistered()]), counts)
    this.#say(counts())
    return {
      connectedMs: fleet.linked.quantilesMs(),
      registeredMs: fleet.registered.quantilesMs(),
      master: await this.#endPhase(),
    }
  }

  async #launch(): Promise<FleetFigures['tasksStarting']> {
    const { agents, tasks, 'task-seconds': seconds } = this.#config
    await this.#beginPhase()
    this.#fleet?.mark()
    if (this.#config['durable-updates']) this.#store = await openStore((await this.#master?.storeUrl()) ?? 'memory:')
    const framework = new FleetFramework({
      masters: this.#addresses,
      agents,
      tasks,
      command: seconds === 0 ? 'sleep infinity' : `sleep ${seconds}`,
      launchRate: this.#config['launch-rate'],
      store: this.#store,
      onFatal: (error) => this.#stop(error),
    })
    this.#framework = framework
    const startedAt = performance.now()
    framework.start()
    const counts = (): string =>
      `${framework.launched.count} of ${tasks} tasks were started, ${framework.runningCount} run`
    await this.#await(
      until(() => framework.launched.count >= tasks, this.#ending.signal),
      counts,
    )
    const allRunningMs = performance.now() - startedAt
    this.#say(counts())
    const { firstOfferMs, allOfferedMs, updateCount } = framework
    return {
      firstOfferMs: firstOfferMs && rounded(firstOfferMs),
      allOfferedMs: allOfferedMs && rounded(allOfferedMs),
      allRunningMs: rounded(allRunningMs),
      launchMs: framework.launched.quantilesMs(),
      updatesASecond: rounded((updateCount / allRunningMs) * 1000),
      acknowledgedMs: this.#fleet?.acknowledged.quantilesMs(),
      master: await this.#endPhase(),
    }
  }

  async #hold(): Promise<FleetFigures['holding']> {
    const { hold } = this.#config
    await this.#beginPhase()
    this.#fleet?.mark()
    const { updateCount = 0, failedCount = 0 } = this.#framework ?? {}
    const held = new AbortController()
    const ended = AbortSignal.any([held.signal, this.#ending.signal])
    const fails = this.#fleet?.fail(ended)
    const reports = this.#reports()
    const reporting = reports?.run(ended)
    reporting?.catch((error: unknown) => this.#stop(error))
    const startedAt = performance.now()
    const counts = (): string => {
      const running = this.#framework === undefined ? '' : `, ${this.#framework.runningCount} tasks run`
      return `${this.#fleet?.registeredCount ?? 0} agents are registered${running}`
    }
    await this.#await(delay(hold, this.#ending.signal), counts, 10 * progressMs)
    held.abort()
    await Promise.all([fails, reporting])
    const seconds = (performance.now() - startedAt) / 1000
    const updates = (this.#framework?.updateCount ?? 0) - updateCount
    return {
      seconds: rounded(seconds),
      updatesASecond: rounded(updates / seconds),
      acknowledgedMs: this.#fleet?.acknowledged.quantilesMs(),
      failedTasks: (this.#framework?.failedCount ?? 0) - failedCount,
      master: await this.#endPhase(reports?.eventLoops),
    }
  }

  #reports(): PeriodReports | undefined {
    const everyMs = this.#config['report-every']
    if (everyMs === undefined || this.#fleet === undefined) return undefined
    const [fleet, framework, master] = [this.#fleet, this.#framework, this.#master]
    return new PeriodReports({ fleet, framework, master, everyMs, report: this.#report })
  }

  async #failOver(): Promise<FleetFigures['failovers'][number]> {
    const [fleet, master] = [this.#fleet, this.#master]
    if (fleet === undefined || master === undefined) throw new Error('there is no master to fail over')
    const runningTasks = this.#framework?.runningCount ?? 0
    this.#say('the master is killed, another one starts')
    fleet.mark()
    this.#framework?.mark()
    const startedAt = performance.now()
    await this.#await(
      master.failOver(() => fleet.linkedCount),
      () => 'no master leads yet',
    )
    const leadsMs = rounded(performance.now() - startedAt)
    await this.#beginPhase({ isFresh: true })
    const counts = (): string => `${fleet.linkedCount} agents are connected and ${fleet.registeredCount} registered`
    await this.#await(fleet.untilRegistered(), counts)
    const sinceKillMs = rounded(performance.now() - startedAt)
    this.#say(counts())
    const figures = await this.#endPhase()
    if (this.#framework !== undefined)
      await this.#await(this.#untilOffered(this.#framework), () => 'not every agent is offered')
    const { firstOfferMs, allOfferedMs } = this.#framework ?? {}
    const noted = await master.logged('agents.reregistered')
    const { durationMs } = noted ?? {}
    return {
      leadsMs,
      reconnectedMs: fleet.linked.quantilesMs(),
      reregisteredMs: fleet.registered.quantilesMs(),
      sinceKillMs,
      firstOfferMs: firstOfferMs && rounded(firstOfferMs),
      allOfferedMs: allOfferedMs && rounded(allOfferedMs),
      sinceElectionMs: typeof durationMs === 'number' ? durationMs : undefined,
      runningTasks,
      master: figures,
    }
  }

  /** Agents that are full are not offered: then there is a bound. */
  async #untilOffered(framework: FleetFramework): Promise<void> {
    const deadline = performance.now() + offersWaitMs
    await until(() => framework.allOfferedMs !== undefined || performance.now() > deadline, this.#ending.signal)
  }

  /** Waits, tells how it goes from time to time, and gives up when the run is stopped or something fails. */
  async #await(work: Promise<unknown>, progress: () => string, everyMs = progressMs): Promise<void> {
    const ticker = setInterval(() => this.#say(progress()), everyMs)
    try {
      await Promise.race([work, this.#stopped])
    } finally {
      clearInterval(ticker)
    }
  }

  /** The master's figures count from here; a fresh process has counted nothing yet. */
  async #beginPhase({ isFresh = false } = {}): Promise<void> {
    if (!isFresh) await this.#master?.readEventLoop()
    this.#lastUse = { use: isFresh ? nothingUsed : this.#master?.use(), at: performance.now() }
  }

  /** `earlier`: readings of the event loop that were taken during the phase. */
  async #endPhase(earlier: readonly Quantiles[] = []): Promise<MasterFigures | undefined> {
    const use = this.#master?.use()
    const { use: before, at } = this.#lastUse
    if (use === undefined || before === undefined) return undefined
    const cpuMs = use.cpuMs - before.cpuMs
    return {
      cpuSeconds: rounded(cpuMs / 1000, 2),
      cpuPercent: rounded((cpuMs / (performance.now() - at)) * 100),
      rssMib: use.rssMib,
      peakMib: use.peakMib,
      eventLoopMs: worst([...earlier, await this.#master?.readEventLoop()]),
    }
  }
}

async function until(isDone: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isDone()) await delay(5, signal)
}
