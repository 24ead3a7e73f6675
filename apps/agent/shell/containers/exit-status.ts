import type { ContainerEnd, LaunchPlan } from '@thermosphere/agent-core'
import { access, constants } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'

/** Mesos' launcher exits with 1 when the program of an argument list cannot be started; a shell says 126 or 127. */
export async function asMesosTellsIt(end: ContainerEnd, plan: LaunchPlan | undefined): Promise<ContainerEnd> {
  const { command, docker } = plan ?? {}
  if (command?.type !== 'exec' || docker !== undefined || (end.exitCode !== 126 && end.exitCode !== 127)) return end
  const isFound = await canExecute(command.path, plan?.environment['PATH'] ?? '', plan?.sandbox ?? '/')
  return isFound ? end : { ...end, exitCode: 1 }
}

async function canExecute(path: string, searchPath: string, directory: string): Promise<boolean> {
  const candidates = path.includes('/')
    ? [isAbsolute(path) ? path : join(directory, path)]
    : searchPath.split(':').map((folder) => join(folder, path))
  for (const candidate of candidates) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return true
  }
  return false
}
