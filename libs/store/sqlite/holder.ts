import { readFileSync, readlinkSync } from 'node:fs'

/**
 * Who holds a lease: `<machine and pid namespace> <pid> <start time>`. A successor on the same machine need not wait
 * for the lease of a process that is gone. Where /proc is missing only the lease's time counts.
 */
export function holderIdentity(): string {
  const scope = processScope()
  const startedAt = scope === undefined ? undefined : startTime(process.pid)
  return startedAt === undefined ? 'unknown' : `${scope} ${process.pid} ${startedAt}`
}

/** True only when the holder was a process of this machine that certainly ended. */
export function isHolderGone(holder: string): boolean {
  const [scope, pid, startedAt] = holder.split(' ')
  if (pid === undefined || startedAt === undefined || scope !== processScope()) return false
  return startTime(Number(pid)) !== startedAt
}

function processScope(): string | undefined {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${bootId}/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Not Linux, or no /proc: then nobody can be told dead.
    return undefined
  }
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields are counted after the command, which may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    // The process does not exist.
    return undefined
  }
}
