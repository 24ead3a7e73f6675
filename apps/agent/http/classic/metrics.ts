import { metricsView } from '@thermosphere/agent-core'
import { cpus, freemem, loadavg, totalmem } from 'node:os'
import type { HttpContext } from '../context.ts'

/** `/metrics/snapshot`: every name from the start, sorted. */
export function metricsSnapshot({ shell, fetcher, collector, config }: HttpContext): Record<string, number> {
  const fetched = fetcher.counts()
  const collected = collector.counts()
  const [load1 = 0, load5 = 0, load15 = 0] = loadavg()
  const metrics: Record<string, number> = {
    ...metricsView(shell.state, Date.now()),
    'containerizer/fetcher/cache_size_total_bytes': config.fetcher_cache_size,
    'containerizer/fetcher/cache_size_used_bytes': fetched.cacheBytes,
    'containerizer/fetcher/task_fetches_failed': fetched.failed,
    'containerizer/fetcher/task_fetches_succeeded': fetched.succeeded,
    'containerizer/mesos/container_destroy_errors': shell.containers.destroyErrorCount,
    'containerizer/mesos/provisioner/bind/remove_rootfs_errors': 0,
    'containerizer/mesos/provisioner/remove_container_errors': 0,
    'gc/path_removals_failed': collected.failed,
    'gc/path_removals_pending': collected.pending,
    'gc/path_removals_succeeded': collected.succeeded,
    'resource_provider_manager/events/disconnect': 0,
    'resource_provider_manager/events/subscribe': 0,
    'resource_provider_manager/subscribed': 0,
    'slave/executor_directory_max_allowed_age_secs': collected.allowedAgeSecs,
    'system/cpus_total': cpus().length,
    'system/load_15min': load15,
    'system/load_1min': load1,
    'system/load_5min': load5,
    'system/mem_free_bytes': freemem(),
    'system/mem_total_bytes': totalmem(),
  }
  return Object.fromEntries(Object.entries(metrics).sort(([a], [b]) => (a < b ? -1 : 1)))
}
