import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

/** How often it is looked whether the event loop is late. */
const resolutionMs = 10
/** All gauges of one snapshot tell of the same time. */
const sameReadingMs = 1_000

type Reading = { readonly p50: number; readonly p99: number; readonly max: number }

/** How late the event loop was, in milliseconds, since the gauges were read last. */
export function registerEventLoopDelay(metrics: Metrics): void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  let readAt = -Infinity
  let reading: Reading = { p50: 0, p99: 0, max: 0 }
  const read = (): Reading => {
    const now = performance.now()
    if (now - readAt < sameReadingMs) return reading
    readAt = now
    reading = { p50: lateMs(delays.percentile(50)), p99: lateMs(delays.percentile(99)), max: lateMs(delays.max) }
    delays.reset()
    return reading
  }
  metrics.gauge('event_loop/delay_ms/p50', () => read().p50)
  metrics.gauge('event_loop/delay_ms/p99', () => read().p99)
  metrics.gauge('event_loop/delay_ms/max', () => read().max)
}
