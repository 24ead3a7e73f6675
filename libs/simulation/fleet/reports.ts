/**
 * `--report-every`: figures of one period after the other, for runs of hours. Between two periods the master collects
 * its garbage, so that its heap can be compared; no period has the time of that and of the work that has piled up.
 */
import { delay, isAbort } from '@thermosphere/service-kit'
import type { Fleet } from './agents/fleet.ts'
import { processUse, rounded } from './figures.ts'
import type { Quantiles } from './figures.ts'
import type { FleetFramework } from './framework/fleet-framework.ts'
import type { OwnMaster } from './own-master.ts'

export type PeriodReport = {
  readonly report: number
  /** From the beginning of the first period to the end of this one; and this one alone. */
  readonly atSeconds: number
  readonly seconds: number
  readonly registeredAgents: number
  readonly runningTasks: number
  readonly launchesASecond: number
  readonly endsASecond: number
  readonly failedTasks: number
  readonly updatesASecond: number
  readonly acknowledgedMs: Quantiles | undefined
  readonly fleet: { readonly cpuPercent: number; readonly rssMib: number; readonly heapMib: number }
  readonly master: MasterPeriod | undefined
}

type MasterPeriod = {
  /** Of one core. */
  readonly cpuPercent: number
  readonly rssMib: number
  readonly openFiles: number
  readonly eventLoopMs: Quantiles | undefined
  /** Right after the period. */
  readonly liveHeapMib: number
  readonly collectionMs: number
}

export type PeriodReportsOptions = {
  readonly fleet: Fleet
  readonly framework: FleetFramework | undefined
  /** Of another's master nothing is told. */
  readonly master: OwnMaster | undefined
  readonly everyMs: number
  report(report: PeriodReport): void
}

type Counts = { readonly at: number } & Record<'launched' | 'ended' | 'failed' | 'updates' | 'fleetCpuMs', number>

/** Until what piled up during a collection is done. */
const settleMs = 2_000

export class PeriodReports {
  /** How late the master's event loop was in each period. */
  readonly eventLoops: Quantiles[] = []
  readonly #options: PeriodReportsOptions

  constructor(options: PeriodReportsOptions) {
    this.#options = options
  }

  /** Goes on until `signal` aborts; a period that is not over then is not told. */
  async run(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    try {
      for (let number = 1; !signal.aborted; number++) await this.#period(number, startedAt, signal)
    } catch (error) {
      if (!isAbort(error)) throw error
    } finally {
      this.#options.fleet.isMeasuring = true
    }
  }

  async #period(number: number, startedAt: number, signal: AbortSignal): Promise<void> {
    const { fleet, master, everyMs, report } = this.#options
    fleet.acknowledgedLately.reset()
    const before = this.#counts()
    const masterBefore = master?.use()
    // On a beat, and never less than half of one.
    const beats = Math.ceil((before.at - startedAt) / everyMs + 0.5)
    await delay(startedAt + beats * everyMs - performance.now(), signal)
    const seconds = (performance.now() - before.at) / 1000
    const own = this.#figures(before, seconds)
    const use = master?.use()
    const eventLoopMs = await master?.readEventLoop()
    if (eventLoopMs !== undefined) this.eventLoops.push(eventLoopMs)
    fleet.isMeasuring = false
    const heap = await master?.liveHeap()
    const cpuMs = (use?.cpuMs ?? 0) - (masterBefore?.cpuMs ?? 0)
    const ofMaster = use &&
      heap && {
        cpuPercent: rounded(cpuMs / seconds / 10),
        rssMib: use.rssMib,
        openFiles: use.openFiles,
        eventLoopMs,
        liveHeapMib: heap.liveMib,
        collectionMs: heap.collectionMs,
      }
    const atSeconds = rounded((performance.now() - startedAt) / 1000)
    report({ report: number, atSeconds, seconds: rounded(seconds), ...own, master: ofMaster })
    await delay(settleMs, signal)
    await master?.readEventLoop()
    fleet.isMeasuring = true
  }

  #counts(): Counts {
    const { launched, endedCount = 0, failedCount = 0, updateCount = 0 } = this.#options.framework ?? {}
    const fleetCpuMs = processUse(process.pid)?.cpuMs ?? 0
    const launchedCount = launched?.count ?? 0
    return {
      at: performance.now(),
      launched: launchedCount,
      ended: endedCount,
      failed: failedCount,
      updates: updateCount,
      fleetCpuMs,
    }
  }

  #figures(before: Counts, seconds: number): Omit<PeriodReport, 'report' | 'atSeconds' | 'seconds' | 'master'> {
    const { fleet, framework } = this.#options
    const now = this.#counts()
    const { rss, heapUsed } = process.memoryUsage()
    return {
      registeredAgents: fleet.registeredCount,
      runningTasks: framework?.runningCount ?? 0,
      launchesASecond: rounded((now.launched - before.launched) / seconds),
      endsASecond: rounded((now.ended - before.ended) / seconds),
      failedTasks: now.failed - before.failed,
      updatesASecond: rounded((now.updates - before.updates) / seconds),
      acknowledgedMs: fleet.acknowledgedLately.quantilesMs(),
      fleet: {
        cpuPercent: rounded((now.fleetCpuMs - before.fleetCpuMs) / seconds / 10),
        rssMib: rounded(rss / 1024 / 1024),
        heapMib: rounded(heapUsed / 1024 / 1024),
      },
    }
  }
}
