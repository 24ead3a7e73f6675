/** cgroup v1: one hierarchy a controller, the container's directory in each. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolationError } from '../errors.ts'
import { CFS_PERIOD_US } from '../limits.ts'
import { TICKS_PER_SECOND } from '../process/process-table.ts'
import {
  cfsQuotaUs,
  cpuShares,
  hardMemoryBytes,
  parseFlatKeyed,
  parseLimit,
  parsePids,
  softMemoryBytes,
} from './arithmetic.ts'
import { joinLine, makeCgroup, placePath, readControl, removeCgroup, writeControl } from './cgroups.ts'
import type { ContainerLimits, ContainerUsage } from '../containerizer.ts'
import type { MemoryReport } from './arithmetic.ts'
import type { CgroupPlace, Cgroups } from './cgroups.ts'

export type CgroupsOptions = {
  /** Where cgroups are mounted. */
  readonly mountPoint: string
  /** The agent's directory in each hierarchy. */
  readonly root: string
  readonly isCfsEnabled: boolean
}

const ACCOUNTING = ['cpu', 'cpuacct', 'memory', 'pids'] as const
type Controller = (typeof ACCOUNTING)[number] | 'freezer'
const CONTROLLERS: readonly Controller[] = [...ACCOUNTING, 'freezer']

export class CgroupsV1 implements Cgroups {
  readonly version = 1
  readonly #options: CgroupsOptions

  constructor(options: CgroupsOptions) {
    this.#options = options
  }

  async prepare(): Promise<void> {
    for (const controller of CONTROLLERS) {
      const hierarchy = join(this.#options.mountPoint, controller)
      const isMounted = await stat(join(hierarchy, 'cgroup.procs')).then(
        () => true,
        () => false,
      )
      if (!isMounted)
        throw new IsolationError(
          'CGROUPS_UNAVAILABLE',
          `the cgroup controller ${controller} is not mounted at ${hierarchy}`,
        )
      makeCgroup(join(hierarchy, this.#options.root))
    }
  }

  async create(place: CgroupPlace): Promise<void> {
    for (const controller of this.#ownControllers(place)) makeCgroup(this.#directory(controller, place))
  }

  async limit(place: CgroupPlace, limits: ContainerLimits): Promise<void> {
    if (place.parent !== undefined) return
    await this.#limitCpu(place, limits)
    await this.#limitMemory(place, limits)
    if (limits.pidsMax !== undefined) writeControl(this.#file('pids', place, 'pids.max'), limits.pidsMax)
  }

  joinLines(place: CgroupPlace): readonly string[] {
    const { containerId, parent } = place
    const accounting = { containerId: parent ?? containerId }
    const directories = ACCOUNTING.map((controller) => this.#directory(controller, accounting))
    return [...directories, this.#directory('freezer', place)].map(joinLine)
  }

  async members(place: CgroupPlace): Promise<readonly number[]> {
    return parsePids(await readControl(this.#file('freezer', place, 'cgroup.procs')))
  }

  killAll(): Promise<void> {
    // v1 has no such file; the pid namespace ends with its init, and the caller repeats until no member is left.
    return Promise.resolve()
  }

  async usage(place: CgroupPlace, timestamp: number): Promise<ContainerUsage> {
    if (place.parent !== undefined) return { timestamp, processes: (await this.members(place)).length }
    const [cpu, memory, processes, threads] = await Promise.all([
      this.#cpuUsage(place),
      this.#memoryUsage(place),
      readControl(this.#file('cpuacct', place, 'cgroup.procs')),
      readControl(this.#file('cpuacct', place, 'tasks')),
    ])
    return { timestamp, ...cpu, ...memory, processes: parsePids(processes).length, threads: parsePids(threads).length }
  }

  async outOfMemoryKills(place: CgroupPlace): Promise<number> {
    if (place.parent !== undefined) return 0
    return parseFlatKeyed(await readControl(this.#file('memory', place, 'memory.oom_control'))).get('oom_kill') ?? 0
  }

  async memoryReport(place: CgroupPlace): Promise<MemoryReport> {
    const read = (name: string): Promise<string> => readControl(this.#file('memory', place, name))
    const [limit, used, statistics] = await Promise.all([
      read('memory.limit_in_bytes'),
      read('memory.max_usage_in_bytes'),
      read('memory.stat'),
    ])
    return { limitBytes: parseLimit(limit), maxUsedBytes: parseLimit(used), statistics }
  }

  async remove(place: CgroupPlace): Promise<void> {
    for (const controller of this.#ownControllers(place)) await removeCgroup(this.#directory(controller, place))
  }

  #ownControllers({ parent }: CgroupPlace): readonly Controller[] {
    return parent === undefined ? CONTROLLERS : ['freezer']
  }

  #directory(controller: Controller, place: CgroupPlace): string {
    return placePath(join(this.#options.mountPoint, controller, this.#options.root), place)
  }

  #file(controller: Controller, place: CgroupPlace, name: string): string {
    return join(this.#directory(controller, place), name)
  }

  async #limitCpu(place: CgroupPlace, limits: ContainerLimits): Promise<void> {
    writeControl(this.#file('cpu', place, 'cpu.shares'), cpuShares(limits.cpusMilli))
    const quotaUs = cfsQuotaUs(limits, this.#options)
    const file = this.#file('cpu', place, 'cpu.cfs_quota_us')
    if (quotaUs !== undefined) {
      writeControl(this.#file('cpu', place, 'cpu.cfs_period_us'), CFS_PERIOD_US)
      writeControl(file, quotaUs)
    } else if ((await readControl(file)).trim() !== '-1') writeControl(file, -1)
  }

  /** The hard limit is only ever raised once it is set: lowering it could end a task for what it was granted before. */
  async #limitMemory(place: CgroupPlace, limits: ContainerLimits): Promise<void> {
    writeControl(this.#file('memory', place, 'memory.soft_limit_in_bytes'), softMemoryBytes(limits))
    const file = this.#file('memory', place, 'memory.limit_in_bytes')
    const before = parseLimit(await readControl(file))
    const wanted = hardMemoryBytes(limits)
    if (before !== undefined && wanted <= before) return
    writeControl(file, Number.isFinite(wanted) ? wanted : -1)
  }

  async #cpuUsage(place: CgroupPlace): Promise<Omit<ContainerUsage, 'timestamp'>> {
    const times = parseFlatKeyed(await readControl(this.#file('cpuacct', place, 'cpuacct.stat')))
    const throttling = parseFlatKeyed(await readControl(this.#file('cpu', place, 'cpu.stat')))
    const shares = parseLimit(await readControl(this.#file('cpu', place, 'cpu.shares')))
    return {
      cpusUserTimeSecs: (times.get('user') ?? 0) / TICKS_PER_SECOND,
      cpusSystemTimeSecs: (times.get('system') ?? 0) / TICKS_PER_SECOND,
      cpusNrPeriods: throttling.get('nr_periods') ?? 0,
      cpusNrThrottled: throttling.get('nr_throttled') ?? 0,
      cpusThrottledTimeSecs: (throttling.get('throttled_time') ?? 0) / 1e9,
      ...(shares === undefined ? {} : { cpusLimit: shares / 1024 }),
    }
  }

  async #memoryUsage(place: CgroupPlace): Promise<Omit<ContainerUsage, 'timestamp'>> {
    const read = (name: string): Promise<string> => readControl(this.#file('memory', place, name))
    const statistics = parseFlatKeyed(await read('memory.stat'))
    const total = parseLimit(await read('memory.usage_in_bytes'))
    const limit = parseLimit(await read('memory.limit_in_bytes'))
    const rss = statistics.get('total_rss') ?? 0
    return {
      memRssBytes: rss,
      memAnonBytes: rss,
      memFileBytes: statistics.get('total_cache') ?? 0,
      ...(total === undefined ? {} : { memTotalBytes: total }),
      ...(limit === undefined ? {} : { memLimitBytes: limit }),
    }
  }
}
