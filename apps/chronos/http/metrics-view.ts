/** /metrics in the shape of the original, whose clients look at `version`, `gauges` and `counters`. */
import { queueSizes } from '@thermosphere/chronos-core'
import type { ChronosState } from '@thermosphere/chronos-core'
import type { Metrics } from '@thermosphere/service-kit'

const queueSizeName = 'org.apache.mesos.chronos.scheduler.jobs.TaskManager.queueSize'
const highQueueSizeName = 'org.apache.mesos.chronos.scheduler.jobs.TaskManager.highQueueSize'

/** Again for each term of leadership, which has a state of its own. */
export function registerGauges(registry: Metrics, state: ChronosState): void {
  const gauge = (name: string, read: () => number, help: string): void => {
    registry.remove(name)
    registry.gauge(name, read, help)
  }
  gauge(queueSizeName, () => queueSizes(state).normal, 'runs that wait for resources')
  gauge(highQueueSizeName, () => queueSizes(state).high, 'runs of high priority that wait for resources')
  gauge('chronos.activeRuns', () => state.runs.active.size, 'runs that have not ended')
  gauge('chronos.jobs', () => state.jobs.size, 'jobs')
  gauge('chronos.connected', () => Number(state.isConnected), 'whether the master is subscribed to')
}

const isCounter = (name: string): boolean => /^jobs\.run\.[a-z]+$|Count$/.test(name)

export function metricsView(registry: Metrics, { jobs }: ChronosState): object {
  const entries = Object.entries(registry.snapshot())
  const pick = (wanted: boolean): object =>
    Object.fromEntries(
      entries
        .filter(([name]) => isCounter(name) === wanted)
        .map(([name, value]) => [name, wanted ? { count: value } : { value }]),
    )
  const ofJobs = [...jobs.values()].flatMap(({ job }) => [
    [`jobs.run.success.${job.name}`, { count: job.successCount }] as const,
    [`jobs.run.failure.${job.name}`, { count: job.errorCount }] as const,
  ])
  const counters = { ...pick(true), ...Object.fromEntries(ofJobs) }
  return { version: '3.0.0', gauges: pick(false), counters, histograms: {}, meters: {}, timers: {} }
}
