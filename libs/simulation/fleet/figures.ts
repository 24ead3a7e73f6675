/** What is measured, and how it is told. */
import { readdirSync, readFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'

export const rounded = (value: number, digits = 1): number => Math.round(value * 10 ** digits) / 10 ** digits

export type Quantiles = { readonly p50: number; readonly p99: number; readonly max: number }

/** The highest of each. */
export function worst(all: readonly (Quantiles | undefined)[]): Quantiles | undefined {
  const known = all.filter((one) => one !== undefined)
  if (known.length === 0) return undefined
  const highest = (name: keyof Quantiles): number => Math.max(...known.map((one) => one[name]))
  return { p50: highest('p50'), p99: highest('p99'), max: highest('max') }
}

/** Durations in milliseconds, kept to a microsecond. */
export class Durations {
  readonly #histogram: RecordableHistogram = createHistogram()

  get count(): number {
    return this.#histogram.count
  }

  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
  }

  reset(): void {
    this.#histogram.reset()
  }

  quantilesMs(): Quantiles | undefined {
    if (this.#histogram.count === 0) return undefined
    const ms = (micros: number): number => rounded(micros / 1000)
    return {
      p50: ms(this.#histogram.percentile(50)),
      p99: ms(this.#histogram.percentile(99)),
      max: ms(this.#histogram.max),
    }
  }
}

export type ProcessUse = {
  readonly cpuMs: number
  readonly rssMib: number
  readonly peakMib: number
  readonly openFiles: number
}

/** What a process has used, of all its threads; undefined when it is gone or not on this machine. */
export function processUse(pid: number): ProcessUse | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mib = (name: string): number =>
      rounded(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024)
    // The kernel counts in hundredths of a second.
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
      rssMib: mib('VmRSS'),
      peakMib: mib('VmHWM'),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    }
  } catch {
    return undefined
  }
}

/** How many files this process may have open; infinite where that cannot be told. */
export function openFilesMax(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Infinity : Number(limit)
  } catch {
    return Infinity
  }
}
