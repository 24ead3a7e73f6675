/** Finds what would make a start fail, before anything runs, and says it in one sentence. */
import { existsSync } from 'node:fs'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { isOnPath } from '../../config.ts'
import { CliError } from '../../errors.ts'
import { diskFreeMinBytes } from '../../limits.ts'
import { sharedPort } from '../plan/cluster-plan.ts'
import type { Part } from '../plan/part.ts'

const probePort = (ip: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(errnoOf(error) ?? ''))
    server.listen({ host: ip, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

async function checkPort(part: Part, port: number): Promise<void> {
  const { ip } = part
  const code = await probePort(ip, port)
  if (code === undefined) return
  const option = `--${part.kind}-port`
  if (code === 'EADDRINUSE') {
    throw new CliError(
      `Port ${port} on ${ip}, wanted by ${part.name}, is in use: ` +
        `stop what listens there or choose another with ${option}.`,
    )
  }
  if (code === 'EACCES') {
    throw new CliError(`Port ${port}, wanted by ${part.name}, needs root: choose one above 1023 with ${option}.`)
  }
  throw new CliError(
    `${part.name} cannot listen on ${ip}:${port} (${code}): give an address of this machine with --ip.`,
  )
}

/** Not `recursive`: Node tries for ever where a parent takes no folders, as in /proc. */
async function makeFolders(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await makeFolders(dirname(folder))
  await mkdir(folder)
}

async function checkWorkDir(workDir: string): Promise<void> {
  try {
    await makeFolders(workDir)
    await access(workDir, constants.W_OK)
  } catch (error) {
    const code = errnoOf(error) ?? ''
    const why = { EACCES: 'is not writable', EROFS: 'is on a read-only disk', ENOSPC: 'is on a full disk' }[code]
    const way = 'choose another with --work-dir'
    throw new CliError(`The work directory ${workDir} ${why ?? `cannot be used (${code})`}: ${way}.`, { cause: error })
  }
  const { bavail, bsize } = await statfs(workDir)
  const free = bavail * bsize
  if (free >= diskFreeMinBytes) return
  const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20)
  throw new CliError(
    `The disk of ${workDir} has ${mebibytes(free)} MiB free, at least ${mebibytes(diskFreeMinBytes)} MiB are needed: ` +
      'free some or choose another place with --work-dir.',
  )
}

function checkPrograms(parts: readonly Part[]): void {
  for (const { run } of parts) {
    if (!('program' in run) || isOnPath(run.program)) continue
    throw new CliError(
      `The program ${run.program} is not on PATH: install it (on Debian: apt-get install etcd-server), ` +
        'or name an etcd that runs already with --store etcd://host:2379/thermosphere.',
    )
  }
}

function checkDistinctPorts(parts: readonly Part[]): void {
  const shared = sharedPort(parts)
  if (shared === undefined) return
  const [one, other] = shared.parts
  throw new CliError(
    `Port ${shared.port} is wanted by ${one.name} and by ${other.name}: move one of them with --${other.kind}-port.`,
  )
}

/** Rejects with CliError for the first problem. */
export async function preflight(parts: readonly Part[], workDir: string): Promise<void> {
  await checkWorkDir(workDir)
  checkPrograms(parts)
  checkDistinctPorts(parts)
  for (const part of parts) for (const port of [part.port, ...(part.morePorts ?? [])]) await checkPort(part, port)
}
