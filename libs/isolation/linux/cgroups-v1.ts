/** cgroup v1: one hierarchy a controller, the container's directory in each. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
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
import { joinLine, makeCgroup, placePath, readControl, readControlNow, removeCgroup, writeControl } from './cgroups.ts'
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

const ACCOUNTING = ['cpu', 'cpuacct', 'memory'] as const
type Controller = (typeof ACCOUNTING)[number] | 'pids' | 'freezer'
const CONTROLLERS: readonly Controller[] = [...ACCOUNTING, 'pids', 'freezer']

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

  create(place: CgroupPlace): Promise<void> {
    const controllers = place.parent === undefined ? ([...ACCOUNTING, 'freezer'] as const) : (['freezer'] as const)
    for (const controller of controllers) makeCgroup(this.#directory(controller, place))
    return Promise.resolve()
  }

  limit(place: CgroupPlace, limits: ContainerLimits): Promise<void> {
    if (place.parent !== undefined) return Promise.resolve()
    this.#limitCpu(place, limits)
    this.#limitMemory(place, limits)
    if (limits.pidsMax !== undefined) this.#limitPids(place, limits.pidsMax)
    return Promise.resolve()
  }

  joinLines(place: CgroupPlace): readonly string[] {
    const { containerId, parent } = place
    const accounting = { containerId: parent ?? containerId }
    const directories = this.#accounting(accounting).map((controller) => this.#directory(controller, accounting))
    // A shell is one thread, and moving a thread takes no lock that waits for every fork and exit on the host (10 ms).
    return [...directories, this.#directory('freezer', place)].map((directory) => joinLine(directory, 'tasks'))
  }

  members(place: CgroupPlace): Promise<readonly number[]> {
    return Promise.resolve(parsePids(readControlNow(this.#file('freezer', place, 'cgroup.procs'))))
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

  outOfMemoryKills(place: CgroupPlace): Promise<number> {
    if (place.parent !== undefined) return Promise.resolve(0)
    const text = readControlNow(this.#file('memory', place, 'memory.oom_control'))
    return Promise.resolve(parseFlatKeyed(text).get('oom_kill') ?? 0)
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
    const accounting = place.parent === undefined ? this.#accounting(place) : []
    for (const controller of [...accounting, 'freezer'] as const) await removeCgroup(this.#directory(controller, place))
  }

  /** The pids hierarchy is entered by those who ask for a limit only: each one costs every launch its time. */
  #accounting(place: CgroupPlace): readonly Controller[] {
    return existsSync(this.#directory('pids', place)) ? [...ACCOUNTING, 'pids'] : ACCOUNTING
  }

  #directory(controller: Controller, place: CgroupPlace): string {
    return placePath(join(this.#options.mountPoint, controller, this.#options.root), place)
  }

  #file(controller: Controller, place: CgroupPlace, name: string): string {
    return join(this.#directory(controller, place), name)
  }

  #limitCpu(place: CgroupPlace, limits: ContainerLimits): void {
    writeControl(this.#file('cpu', place, 'cpu.shares'), cpuShares(limits))
    const quotaUs = cfsQuotaUs(limits, this.#options)
    const file = this.#file('cpu', place, 'cpu.cfs_quota_us')
    if (quotaUs !== undefined) {
      writeControl(this.#file('cpu', place, 'cpu.cfs_period_us'), CFS_PERIOD_US)
      writeControl(file, quotaUs)
    } else if (readControlNow(file).trim() !== '-1') writeControl(file, -1)
  }

  /** The hard limit is only ever raised once it is set: lowering it could end a task for what it was granted before. */
  #limitMemory(place: CgroupPlace, limits: ContainerLimits): void {
    writeControl(this.#file('memory', place, 'memory.soft_limit_in_bytes'), softMemoryBytes(limits))
    const file = this.#file('memory', place, 'memory.limit_in_bytes')
    const before = parseLimit(readControlNow(file))
    const wanted = hardMemoryBytes(limits)
    if (before !== undefined && wanted <= before) return
    writeControl(file, Number.isFinite(wanted) ? wanted : -1)
  }

  #limitPids(place: CgroupPlace, pidsMax: number): void {
    makeCgroup(this.#directory('pids', place))
    writeControl(this.#file('pids', place, 'pids.max'), pidsMax)
    // At a launch there are none; the processes of a container that gets its first limit later move now.
    for (const pid of parsePids(readControlNow(this.#file('cpuacct', place, 'cgroup.procs')))) {
      try {
        writeControl(this.#file('pids', place, 'cgroup.procs'), pid)
      } catch (error) {
        if (errnoOf(error instanceof Error ? error.cause : undefined) !== 'ESRCH') throw error
      }
    }
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
