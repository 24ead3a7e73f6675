/**
 * cgroup v2: one tree. Controllers are handed down to the containers' directories and no further, so a container's
 * processes may live in its directory beside the directories of nested ones.
 */
import { join } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { IsolationError } from '../errors.ts'
import { CFS_PERIOD_US } from '../limits.ts'
import {
  cfsQuotaUs,
  cpuWeight,
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
import type { CgroupsOptions } from './cgroups-v1.ts'

export type Controller = 'cpu' | 'memory' | 'pids'

export type CgroupsV2Options = CgroupsOptions & {
  /** Controllers that limits are set with; all of them unless the tree is used for grouping alone. */
  readonly controllers?: readonly Controller[]
}

export class CgroupsV2 implements Cgroups {
  readonly version = 2
  readonly #options: CgroupsV2Options
  readonly #controllers: readonly Controller[]

  constructor(options: CgroupsV2Options) {
    this.#options = options
    this.#controllers = options.controllers ?? ['cpu', 'memory', 'pids']
  }

  async prepare(): Promise<void> {
    const { mountPoint, root } = this.#options
    const offered = (await readControl(join(mountPoint, 'cgroup.controllers'))).trim().split(' ')
    const missing = this.#controllers.filter((controller) => !offered.includes(controller))
    if (missing.length > 0)
      throw new IsolationError(
        'CGROUPS_UNAVAILABLE',
        `the cgroup tree at ${mountPoint} offers no ${missing.join(', ')} controller`,
      )
    await this.#handDown(mountPoint)
    makeCgroup(join(mountPoint, root))
    await this.#handDown(join(mountPoint, root))
  }

  async create(place: CgroupPlace): Promise<void> {
    makeCgroup(this.#file(place, ''))
  }

  limit(place: CgroupPlace, limits: ContainerLimits): Promise<void> {
    if (place.parent !== undefined) return Promise.resolve()
    const has = (controller: Controller): boolean => this.#controllers.includes(controller)
    if (has('cpu')) this.#limitCpu(place, limits)
    if (has('memory')) this.#limitMemory(place, limits)
    if (has('pids') && limits.pidsMax !== undefined) writeControl(this.#file(place, 'pids.max'), limits.pidsMax)
    return Promise.resolve()
  }

  joinLines(place: CgroupPlace): readonly string[] {
    return [joinLine(this.#file(place, ''), 'cgroup.procs')]
  }

  members(place: CgroupPlace): Promise<readonly number[]> {
    return Promise.resolve(parsePids(readControlNow(this.#file(place, 'cgroup.procs'))))
  }

  async killAll(place: CgroupPlace): Promise<void> {
    try {
      writeControl(this.#file(place, 'cgroup.kill'), 1)
    } catch (error) {
      // Kernels before 5.14 have no such file, an ended container no cgroup; the caller kills what is left one by one.
      const cause = error instanceof Error ? errnoOf(error.cause) : undefined
      if (cause !== 'ENOENT' && cause !== 'ENODEV' && cause !== 'EACCES') throw error
    }
  }

  async usage(place: CgroupPlace, timestamp: number): Promise<ContainerUsage> {
    const read = (name: string): Promise<string> => readControl(this.#file(place, name))
    const cpu = parseFlatKeyed(await read('cpu.stat'))
    const seconds = (name: string): number => (cpu.get(name) ?? 0) / 1e6
    const weight = parseLimit((await read('cpu.weight')) || 'none')
    return {
      timestamp,
      cpusUserTimeSecs: seconds('user_usec'),
      cpusSystemTimeSecs: seconds('system_usec'),
      cpusNrPeriods: cpu.get('nr_periods') ?? 0,
      cpusNrThrottled: cpu.get('nr_throttled') ?? 0,
      cpusThrottledTimeSecs: seconds('throttled_usec'),
      ...(weight === undefined ? {} : { cpusLimit: weight / 100 }),
      ...(this.#controllers.includes('memory') ? await this.#memoryUsage(place) : {}),
      processes: (await this.members(place)).length,
      threads: parsePids(await read('cgroup.threads')).length,
    }
  }

  outOfMemoryKills(place: CgroupPlace): Promise<number> {
    if (place.parent !== undefined) return Promise.resolve(0)
    const text = readControlNow(this.#file(place, 'memory.events'))
    return Promise.resolve(parseFlatKeyed(text).get('oom_kill') ?? 0)
  }

  async memoryReport(place: CgroupPlace): Promise<MemoryReport> {
    const read = (name: string): Promise<string> => readControl(this.#file(place, name))
    const [limit, peak, statistics] = await Promise.all([read('memory.max'), read('memory.peak'), read('memory.stat')])
    const limitBytes = parseLimit(limit || 'max')
    // Kernels before 5.19 keep no peak; the task was ended at its limit, so that is what it used.
    return { limitBytes, maxUsedBytes: parseLimit(peak || 'max') ?? limitBytes, statistics }
  }

  async remove(place: CgroupPlace): Promise<void> {
    await removeCgroup(this.#file(place, ''))
  }

  #file(place: CgroupPlace, name: string): string {
    return join(placePath(join(this.#options.mountPoint, this.#options.root), place), name)
  }

  async #handDown(directory: string): Promise<void> {
    if (this.#controllers.length === 0) return
    const file = join(directory, 'cgroup.subtree_control')
    const enabled = (await readControl(file)).trim().split(' ')
    const wanted = this.#controllers.filter((controller) => !enabled.includes(controller))
    if (wanted.length > 0) writeControl(file, wanted.map((controller) => `+${controller}`).join(' '))
  }

  #limitCpu(place: CgroupPlace, limits: ContainerLimits): void {
    writeControl(this.#file(place, 'cpu.weight'), cpuWeight(limits))
    const quotaUs = cfsQuotaUs(limits, this.#options)
    writeControl(this.#file(place, 'cpu.max'), `${String(quotaUs ?? 'max')} ${String(CFS_PERIOD_US)}`)
  }

  /** memory.max is only ever raised once it is set: lowering it could end a task for what it was granted before. */
  #limitMemory(place: CgroupPlace, limits: ContainerLimits): void {
    writeControl(this.#file(place, 'memory.low'), softMemoryBytes(limits))
    const before = parseLimit(readControlNow(this.#file(place, 'memory.max')))
    const wanted = hardMemoryBytes(limits)
    if (before !== undefined && wanted <= before) return
    writeControl(this.#file(place, 'memory.max'), Number.isFinite(wanted) ? wanted : 'max')
    // The whole container ends with the first process that the kernel kills for its memory.
    if (before === undefined) writeControl(this.#file(place, 'memory.oom.group'), 1)
  }

  async #memoryUsage(place: CgroupPlace): Promise<Omit<ContainerUsage, 'timestamp'>> {
    const read = (name: string): Promise<string> => readControl(this.#file(place, name))
    const statistics = parseFlatKeyed(await read('memory.stat'))
    const total = parseLimit((await read('memory.current')) || 'none')
    const limit = parseLimit((await read('memory.max')) || 'none')
    const anon = statistics.get('anon') ?? 0
    return {
      memRssBytes: anon,
      memAnonBytes: anon,
      memFileBytes: statistics.get('file') ?? 0,
      ...(total === undefined ? {} : { memTotalBytes: total }),
      ...(limit === undefined ? {} : { memLimitBytes: limit }),
    }
  }
}
