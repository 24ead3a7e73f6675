/** The engine's statistics under Mesos' names. Pure. */
import type { ContainerUsage } from '../containerizer.ts'
import type { DockerStats } from './replies.ts'

/** An unlimited container reports the host's memory as its limit, which is no limit that was granted. */
export function usageOfStats(stats: DockerStats, timestamp: number): ContainerUsage {
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = stats
  const throttling = cpu.throttling_data
  const networks = Object.values(stats.networks ?? {})
  const values = memory.stats ?? {}
  const anon = values['total_rss'] ?? values['anon'] ?? 0
  return {
    timestamp,
    cpusUserTimeSecs: cpu.cpu_usage.usage_in_usermode / 1e9,
    cpusSystemTimeSecs: cpu.cpu_usage.usage_in_kernelmode / 1e9,
    ...(throttling === undefined
      ? {}
      : {
          cpusNrPeriods: throttling.periods,
          cpusNrThrottled: throttling.throttled_periods,
          cpusThrottledTimeSecs: throttling.throttled_time / 1e9,
        }),
    memRssBytes: anon,
    memAnonBytes: anon,
    memFileBytes: values['total_cache'] ?? values['file'] ?? 0,
    ...(memory.usage === undefined ? {} : { memTotalBytes: memory.usage }),
    ...(memory.limit === undefined ? {} : { memLimitBytes: memory.limit }),
    ...(pids?.current === undefined ? {} : { threads: pids.current }),
    ...(networks.length === 0
      ? {}
      : {
          netRxBytes: networks.reduce((sum, network) => sum + network.rx_bytes, 0),
          netTxBytes: networks.reduce((sum, network) => sum + network.tx_bytes, 0),
        }),
  }
}
