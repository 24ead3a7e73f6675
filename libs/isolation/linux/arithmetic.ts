/** From resources to the values of cgroup files, and back from their texts. Pure. */
import { CFS_PERIOD_US, CFS_QUOTA_MIN_US, MEM_MIN_BYTES } from '../limits.ts'
import type { ContainerLimits } from '../containerizer.ts'

type Cpus = Pick<ContainerLimits, 'cpusMilli' | 'isRevocable'>

/** cgroup v1 cpu.shares. */
export function cpuShares({ cpusMilli, isRevocable = false }: Cpus): number {
  return Math.max(2, Math.floor(((isRevocable ? 10 : 1024) * cpusMilli) / 1000))
}

/** cgroup v2 cpu.weight; the kernel takes at most 10000. */
export function cpuWeight({ cpusMilli, isRevocable = false }: Cpus): number {
  return Math.min(10_000, Math.max(1, Math.floor(((isRevocable ? 1 : 100) * cpusMilli) / 1000)))
}

/** Microseconds of CPU time a period, `undefined` for no cap. */
export function cfsQuotaUs(limits: ContainerLimits, options: { readonly isCfsEnabled: boolean }): number | undefined {
  const capMilli = limits.cpusLimitMilli ?? (options.isCfsEnabled ? limits.cpusMilli : Infinity)
  return Number.isFinite(capMilli)
    ? Math.max(CFS_QUOTA_MIN_US, Math.floor((capMilli * CFS_PERIOD_US) / 1000))
    : undefined
}

/** What the container may count on (soft limit, memory.low). */
export function softMemoryBytes({ memBytes }: ContainerLimits): number {
  return Math.max(MEM_MIN_BYTES, memBytes)
}

/** What it is ended for exceeding; `Infinity` = no limit. */
export function hardMemoryBytes(limits: ContainerLimits): number {
  return Math.max(MEM_MIN_BYTES, limits.memLimitBytes ?? softMemoryBytes(limits))
}

/**
 * A container that may use more than it asked for is ended earlier when the host runs out of memory, the more the less
 * it asked for. `undefined` for one that keeps to its request.
 */
export function oomScoreAdjust(limits: ContainerLimits, hostMemoryBytes: number): number | undefined {
  if (limits.memLimitBytes === undefined || limits.memLimitBytes <= limits.memBytes) return undefined
  return Math.max(0, 1000 - Math.ceil((1000 * limits.memBytes) / hostMemoryBytes))
}

/** Lines of `name value`, as in memory.stat and cpu.stat. Lines of another form are left out. */
export function parseFlatKeyed(text: string): ReadonlyMap<string, number> {
  const pairs = text.split('\n').flatMap((line): [string, number][] => {
    const match = /^(\S+) (\d+)$/.exec(line)
    return match?.[1] === undefined ? [] : [[match[1], Number(match[2])]]
  })
  return new Map(pairs)
}

/** A limit file: `max`, and v1's page-rounded largest integer, mean no limit. */
export function parseLimit(text: string): number | undefined {
  const value = Number(text.trim())
  return Number.isFinite(value) && value < Number.MAX_SAFE_INTEGER ? value : undefined
}

export function parsePids(text: string): readonly number[] {
  return text.split('\n').flatMap((line) => (/^\d+$/.test(line) && line !== '0' ? [Number(line)] : []))
}

/** As Mesos prints sizes: in the largest unit that loses nothing. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value !== 0 && value % 1024 === 0 && unit < units.length - 1; unit++) value /= 1024
  return `${String(value)}${units[unit] ?? ''}`
}

export type MemoryReport = {
  readonly limitBytes: number | undefined
  readonly maxUsedBytes: number | undefined
  readonly statistics: string
}

/** The message of a task that was ended for its memory. */
export function memoryLimitMessage({ limitBytes, maxUsedBytes, statistics }: MemoryReport): string {
  const requested = limitBytes === undefined ? '' : `Requested: ${formatBytes(limitBytes)} `
  const used = maxUsedBytes === undefined ? '' : `Maximum Used: ${formatBytes(maxUsedBytes)}`
  return `Memory limit exceeded: ${requested}${used}\n\nMEMORY STATISTICS: \n${statistics}\n`
}
