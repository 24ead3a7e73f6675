/** `npm run fleet` in sizes, for benches: a process for each size, so that none inherits memory from the one before. */
import { execFile } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { promisify } from 'node:util'
import { root } from '../harness/cluster.ts'

/** What is looked at here of the fleet's figures. */
export type Quantiles = { readonly p50: number; readonly p99: number; readonly max: number }
export type MasterFigures = {
  readonly cpuSeconds: number
  readonly cpuPercent: number
  readonly rssMib: number
  readonly peakMib: number
  readonly eventLoopMs?: Quantiles
}
export type FleetFigures = {
  readonly joining: {
    readonly connectedMs: Quantiles
    readonly registeredMs: Quantiles
    readonly master: MasterFigures
  }
  readonly fleet: { readonly kibAnAgent: number; readonly cpuSeconds: number; readonly peakMib: number }
  readonly holding: {
    readonly seconds: number
    readonly updatesASecond: number
    readonly acknowledgedMs?: Quantiles
    readonly failedTasks: number
    readonly master: MasterFigures
  }
  readonly failovers: readonly {
    readonly sinceKillMs: number
    readonly sinceElectionMs?: number
    readonly runningTasks: number
    readonly master: MasterFigures
  }[]
}

const run = promisify(execFile)
const outputBytesMax = 16 * 1024 * 1024

export const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)

/** The machine may do other things meanwhile: every line says how much. */
export const conditions = (): object => ({
  cpus: availableParallelism(),
  load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  node: process.version,
})

export async function fleet(flags: readonly string[]): Promise<FleetFigures> {
  const heap = '--max-old-space-size=12000'
  const { stdout } = await run(process.execPath, [heap, `${root}libs/simulation/fleet/main.ts`, ...flags], {
    maxBuffer: outputBytesMax,
  })
  return JSON.parse(stdout) as FleetFigures
}

/** Numbers of the command line, else those of the goals: `node e2e/bench/idle.bench.ts 500 1000 2000`. */
export function sizesOr(goals: readonly number[]): readonly number[] {
  const given = process.argv.slice(2).map(Number)
  return given.length > 0 && given.every((size) => Number.isInteger(size) && size > 0) ? given : goals
}

/** How a figure has grown against the one before, in proportion to the size: 1 is linear, less is better. */
export class Growth {
  #before: { readonly size: number; readonly value: number } | undefined

  next(size: number, value: number): number | undefined {
    const before = this.#before
    this.#before = { size, value }
    if (before === undefined || before.value === 0) return undefined
    return Math.round((value / before.value / (size / before.size)) * 100) / 100
  }
}
