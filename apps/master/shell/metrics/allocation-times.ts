import type { RunObserver } from '@thermosphere/offer-engine'
import type { Metrics } from '@thermosphere/service-kit'

/** Times allocation runs from when they are asked for, under Mesos' names. */
export function createAllocationTimes(metrics: Metrics, now: () => number = () => performance.now()): RunObserver {
  const latency = metrics.timer('allocator/mesos/allocation_run_latency', 'Allocation runs, from request to start.')
  const run = metrics.timer('allocator/mesos/allocation_run', 'Allocation runs, from start to end.')
  let wantedAt: number | undefined
  let startedAt: number | undefined
  return {
    wanted() {
      wantedAt ??= now()
    },
    started() {
      startedAt = now()
      latency.observe(startedAt - (wantedAt ?? startedAt))
      wantedAt = undefined
    },
    ended() {
      run.observe(now() - (startedAt ?? now()))
      startedAt = undefined
    },
  }
}
