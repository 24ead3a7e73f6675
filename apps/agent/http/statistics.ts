import { containersView } from '@thermosphere/agent-core'
import type { Access, ContainerView } from '@thermosphere/agent-core'
import type { ContainerId, ContainerUsage } from '@thermosphere/isolation'
import type { mesos } from '@thermosphere/protocol'
import { LIMITS } from '../limits.ts'
import { Slots } from '../shell/containers/slots.ts'
import type { HttpContext } from './context.ts'

export type MeasuredContainer = { readonly view: ContainerView; readonly statistics: mesos.ResourceStatistics }

const slots = new Slots(LIMITS.statisticsParallelMax)

/** Every live container with what it uses now. */
export async function measureContainers(
  { shell }: HttpContext,
  options: { readonly nested: boolean; readonly standalone?: boolean; readonly access: Access | undefined },
): Promise<MeasuredContainer[]> {
  const views = containersView(shell.state, options)
  return await Promise.all(
    views.map(async (view) => {
      const usages = await Promise.all(view.measured.map((id) => slots.run(() => usageOf(shell, id))))
      return {
        view,
        statistics: statisticsOf(
          view,
          usages.filter((usage) => usage !== undefined),
        ),
      }
    }),
  )
}

/** What is known of it besides what it uses. A container on the host's network has no address of its own. */
export function containerStatus({ containerId, pid, ipAddress }: ContainerView): mesos.ContainerStatus {
  return {
    container_id: containerId,
    ...(pid === undefined || pid === 0 ? {} : { executor_pid: pid }),
    ...(ipAddress === undefined ? {} : { network_infos: [{ ip_addresses: [{ ip_address: ipAddress }] }] }),
  }
}

async function usageOf(shell: HttpContext['shell'], id: string): Promise<ContainerUsage | undefined> {
  const container = shell.containers.find(id)
  // A container that ends while it is measured has no usage any more.
  const usage = await container?.containerizer.usage(id as ContainerId).catch(() => undefined)
  return usage && container?.containerizer.name === 'posix' ? posixUsage(usage) : usage
}

/** Mesos' posix isolators count neither processes nor memory beyond the resident. */
function posixUsage(usage: ContainerUsage): ContainerUsage {
  const { processes: _processes, threads: _threads, memTotalBytes: _memTotalBytes, ...told } = usage
  return told
}

type UsageName = Exclude<keyof ContainerUsage, 'timestamp'>

const NAMES = {
  cpusUserTimeSecs: 'cpus_user_time_secs',
  cpusSystemTimeSecs: 'cpus_system_time_secs',
  cpusLimit: 'cpus_limit',
  cpusNrPeriods: 'cpus_nr_periods',
  cpusNrThrottled: 'cpus_nr_throttled',
  cpusThrottledTimeSecs: 'cpus_throttled_time_secs',
  memRssBytes: 'mem_rss_bytes',
  memTotalBytes: 'mem_total_bytes',
  memLimitBytes: 'mem_limit_bytes',
  memFileBytes: 'mem_file_bytes',
  memAnonBytes: 'mem_anon_bytes',
  processes: 'processes',
  threads: 'threads',
  netRxBytes: 'net_rx_bytes',
  netTxBytes: 'net_tx_bytes',
} as const satisfies Partial<Record<UsageName, keyof mesos.ResourceStatistics>>

/** Sums over the containers measured; limits are what the executor holds. */
function statisticsOf(view: ContainerView, usages: readonly ContainerUsage[]): mesos.ResourceStatistics {
  const sums: Record<string, number> = {}
  for (const usage of usages) {
    for (const [from, to] of Object.entries(NAMES)) {
      const value = usage[from as keyof typeof NAMES]
      if (value !== undefined) sums[to] = (sums[to] ?? 0) + value
    }
  }
  return { timestamp: Date.now() / 1000, ...sums, ...view.limits }
}
