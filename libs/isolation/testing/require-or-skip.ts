/** Tests that need more than every machine offers: skipped by name elsewhere, a failure in CI. */
import { execFileSync } from 'node:child_process'
import { accessSync } from 'node:fs'

export type Requirement = 'root' | 'cgroups' | 'unified cgroup tree' | 'docker engine'

function isThere(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}

function hasProgram(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Where a cgroup v2 tree is mounted on this host, be it beside v1. */
export function unifiedMountPoint(): string | undefined {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => isThere(`${path}/cgroup.controllers`))
}

const CHECKS: Readonly<Record<Requirement, () => boolean>> = {
  root: () => process.geteuid?.() === 0,
  cgroups: () => isThere('/sys/fs/cgroup/memory/cgroup.procs') || isThere('/sys/fs/cgroup/cgroup.controllers'),
  'unified cgroup tree': () => unifiedMountPoint() !== undefined,
  'docker engine': () => hasProgram('dockerd') && hasProgram('busybox'),
}

/** For the options of a test: `{ skip: 'needs …' }`, or nothing. Throws in CI, where nothing may be missing. */
export function requireOrSkip(...requirements: readonly Requirement[]): { readonly skip?: string } {
  const missing = requirements.filter((requirement) => !CHECKS[requirement]())
  if (missing.length === 0) return {}
  const reason = `needs ${missing.join(' and ')}`
  // eslint-disable-next-line no-restricted-syntax -- a helper of tests has no config.ts
  if (process.env['CI'] === 'true') throw new Error(`${reason}, and in CI nothing is skipped`)
  return { skip: reason }
}
