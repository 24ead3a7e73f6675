/**
 * Metrics under the originals' slash names (`master/tasks_running`), told in two forms:
 * `snapshot()` as Mesos' /metrics/snapshot, `prometheus()` as text with names mapped (`master_tasks_running`).
 */
import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { collectDefaultMetrics, Counter as PromCounter, Gauge as PromGauge, Histogram, Registry } from 'prom-client'
import { SampleWindow } from './sample-window.ts'

export interface Counter {
  increment(by?: number): void
  readonly value: number
}
export interface Gauge {
  set(value: number): void
  readonly value: number
}
export interface Timer {
  observe(durationMs: number): void
  /** Times a promise, failed or not. */
  time<T>(work: () => Promise<T>): Promise<T>
}

export interface Metrics {
  /** The same object for the same name. */
  counter(name: string, help?: string): Counter
  /** With `read` the value is asked for at each snapshot; otherwise it is what was `set`. */
  gauge(name: string, read?: () => number, help?: string): Gauge
  /** In a snapshot: `name_ms` (last) and `name_ms/count`, `/min`, `/max`, `/p50` … `/p9999`. */
  timer(name: string, help?: string): Timer
  /** Forgets a metric, e.g. of a framework that is gone. */
  remove(name: string): void
  /** All values in name order. */
  snapshot(): Record<string, number>
  prometheus(): Promise<string>
  readonly prometheusContentType: string
}

type Entry = {
  readonly kind: 'counter' | 'gauge' | 'timer'
  readonly handle: Counter | Gauge | Timer
  readonly promName: string
  readonly values: () => Iterable<readonly [string, number]>
}

const SECONDS_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** `master/tasks_running` -> `master_tasks_running` */
export function prometheusName(name: string): string {
  const mapped = name.replaceAll(/[^a-zA-Z0-9_:]/g, '_')
  return /^\d/.test(mapped) ? `_${mapped}` : mapped
}

class RegistryMetrics implements Metrics {
  readonly #registry = new Registry()
  readonly #entries = new Map<string, Entry>()

  constructor(options: { readonly processMetrics: boolean }) {
    if (options.processMetrics) collectDefaultMetrics({ register: this.#registry })
  }

  get prometheusContentType(): string {
    return this.#registry.contentType
  }

  counter(name: string, help = name): Counter {
    return this.#obtain(name, 'counter', () => {
      const promName = this.#freePromName(name)
      const prom = new PromCounter({ name: promName, help, registers: [this.#registry] })
      let value = 0
      const handle: Counter = {
        increment: (by = 1) => {
          value += by
          prom.inc(by)
        },
        get value() {
          return value
        },
      }
      return { kind: 'counter', handle, promName, values: () => [[name, value]] }
    }) as Counter
  }

  gauge(name: string, read?: () => number, help = name): Gauge {
    return this.#obtain(name, 'gauge', () => {
      const promName = this.#freePromName(name)
      let value = 0
      const current = (): number => (read === undefined ? value : read())
      new PromGauge({
        name: promName,
        help,
        registers: [this.#registry],
        collect() {
          this.set(current())
        },
      })
      const handle: Gauge = {
        set: (next) => {
          value = next
        },
        get value() {
          return current()
        },
      }
      return { kind: 'gauge', handle, promName, values: () => [[name, current()]] }
    }) as Gauge
  }

  timer(name: string, help = name): Timer {
    return this.#obtain(name, 'timer', () => {
      const promName = this.#freePromName(`${name}_seconds`)
      const prom = new Histogram({ name: promName, help, buckets: SECONDS_BUCKETS, registers: [this.#registry] })
      const window = new SampleWindow()
      const observe = (durationMs: number): void => {
        window.add(durationMs)
        prom.observe(durationMs / 1000)
      }
      const time = async <T>(work: () => Promise<T>): Promise<T> => {
        const startedAt = performance.now()
        try {
          return await work()
        } finally {
          observe(performance.now() - startedAt)
        }
      }
      return { kind: 'timer', handle: { observe, time }, promName, values: () => window.values(`${name}_ms`) }
    }) as Timer
  }

  remove(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#registry.removeSingleMetric(entry.promName)
  }

  snapshot(): Record<string, number> {
    const pairs: (readonly [string, number])[] = []
    for (const entry of this.#entries.values()) pairs.push(...entry.values())
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return Object.fromEntries(pairs)
  }

  prometheus(): Promise<string> {
    return this.#registry.metrics()
  }

  #obtain(name: string, kind: Entry['kind'], create: () => Entry): Entry['handle'] {
    const known = this.#entries.get(name)
    if (known !== undefined && known.kind !== kind)
      throw new TypeError(`metric ${name} is a ${known.kind}, not a ${kind}`)
    const entry = known ?? create()
    this.#entries.set(name, entry)
    return entry.handle
  }

  /** Two slash names may map to one: `a/b` and `a_b`. */
  #freePromName(name: string): string {
    const wanted = prometheusName(name)
    let free = wanted
    for (let n = 2; this.#registry.getSingleMetric(free) !== undefined; n++) free = `${wanted}_${n}`
    return free
  }
}

/** An empty set of metrics; `processMetrics` adds Node's own (event loop, heap, gc) to the Prometheus text. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  return new RegistryMetrics({ processMetrics: options.processMetrics ?? true })
}

/** Mesos' `system/…` gauges. */
export function registerSystemMetrics(metrics: Metrics): void {
  metrics.gauge('system/cpus_total', () => cpus().length)
  metrics.gauge('system/load_1min', () => loadavg()[0] ?? 0)
  metrics.gauge('system/load_5min', () => loadavg()[1] ?? 0)
  metrics.gauge('system/load_15min', () => loadavg()[2] ?? 0)
  metrics.gauge('system/mem_free_bytes', freemem)
  metrics.gauge('system/mem_total_bytes', totalmem)
}

/** Counts requests by status class and times them: give it to createHttpApp. */
export function createRequestObserver(metrics: Metrics, prefix: string) {
  const timer = metrics.timer(`${prefix}/http_request`)
  return {
    observe({ status, durationMs }: { readonly status: number; readonly durationMs: number }): void {
      metrics.counter(`${prefix}/http_responses_${Math.floor(status / 100)}xx`).increment()
      timer.observe(durationMs)
    },
  }
}
