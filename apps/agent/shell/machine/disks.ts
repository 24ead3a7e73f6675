import type { mesos } from '@thermosphere/protocol'
import { readFile, realpath } from 'node:fs/promises'

/** Why a disk of `--resources` cannot be used: the volume on a MOUNT disk is the whole mount, so there must be one. */
export async function diskProblem(resources: readonly mesos.Resource[]): Promise<string | undefined> {
  const roots = resources.flatMap(({ disk }) => (disk?.source?.type === 'MOUNT' ? (disk.source.mount?.root ?? '') : []))
  if (roots.length === 0) return undefined
  const mounts = mountPoints(await readFile('/proc/self/mountinfo', 'utf8'))
  for (const root of roots) {
    if (mounts.has(await realpath(root).catch(() => root))) continue
    return `the MOUNT disk ${JSON.stringify(root)} is no mount point; mount a file system there, or make it a PATH disk`
  }
  return undefined
}

/** The fifth field of each line; blanks and the like are written as octal numbers. */
export function mountPoints(mountinfo: string): ReadonlySet<string> {
  const paths = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? [])
  return new Set(paths.map((path) => path.replaceAll(/\\(\d{3})/g, (_all, octal: string) => characterOf(octal))))
}

const characterOf = (octal: string): string => String.fromCharCode(Number.parseInt(octal, 8))
