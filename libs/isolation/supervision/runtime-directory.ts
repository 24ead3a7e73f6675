/**
 * What a containerizer keeps on disk about its containers:
 *   <runtimeDir>/containers/<id>/   container.json, supervisor, command, process, note, mortal
 *   <runtimeDir>/ended/<id>         exit status, written by the supervisor; one directory, so one watch sees every end
 *
 * The small files on the way of every launch and end are written and read without a thread in between: they lie in
 * memory (tmpfs or page cache, nothing is synced), where a call takes microseconds and a thread ten times that.
 */
import { mkdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { z } from 'zod'
import { IsolationError } from '../errors.ts'
import { NOTE_BYTES_MAX, RECORD_BYTES_MAX } from '../limits.ts'
import { parseProcessStat } from '../process/process-table.ts'
import { parseStatus } from './status.ts'
import type { ExitStatus } from './status.ts'
import type { ContainerId } from '../containerizer.ts'

const recordSchema = z.object({
  version: z.literal(1),
  containerId: z.string().min(1).max(512),
  containerizer: z.enum(['posix', 'linux', 'docker']),
  sandbox: z.string().max(4096),
  parent: z.string().min(1).max(512).optional(),
  user: z.string().min(1).max(256).optional(),
  /** Who has its standard streams, where somebody has. */
  output: z.enum(['agent', 'file']).optional(),
  hasTerminal: z.boolean().optional(),
})

/** What must be known of a container to end it, also when its handle was never checkpointed. */
export type ContainerRecord = z.infer<typeof recordSchema>

export type ProcessIdentity = { readonly pid: number; readonly startTicks: number }

export type ContainerFiles = {
  readonly directory: string
  readonly status: string
  readonly supervisor: string
  readonly command: string
  readonly note: string
  readonly process: string
  readonly record: string
  /** Is there for a container that ends with its agent. */
  readonly mortal: string
}

const ID = /^[A-Za-z0-9._-]{1,255}$/

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function readNowIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export class RuntimeDirectory {
  readonly containersDir: string
  readonly endedDir: string

  constructor(path: string) {
    this.containersDir = join(path, 'containers')
    this.endedDir = join(path, 'ended')
  }

  async prepare(): Promise<void> {
    await mkdir(this.containersDir, { recursive: true, mode: 0o711 })
    await mkdir(this.endedDir, { recursive: true, mode: 0o711 })
  }

  files(containerId: ContainerId): ContainerFiles {
    if (!ID.test(containerId) || containerId === '.' || containerId === '..')
      throw new IsolationError('COMMAND_INVALID', `container id ${JSON.stringify(containerId)} cannot name a directory`)
    const directory = join(this.containersDir, containerId)
    const inside = (name: string): string => join(directory, name)
    return {
      directory,
      status: join(this.endedDir, containerId),
      supervisor: inside('supervisor'),
      command: inside('command'),
      note: inside('note'),
      process: inside('process'),
      record: inside('container.json'),
      mortal: inside('mortal'),
    }
  }

  /** Creates the container's directory. Throws CONTAINER_EXISTS when an earlier one was not destroyed. */
  create(
    record: ContainerRecord,
    commandScript: string,
    { isMortal = false }: { readonly isMortal?: boolean } = {},
  ): ContainerFiles {
    const files = this.files(record.containerId as ContainerId)
    try {
      mkdirSync(files.directory, { mode: 0o700 })
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      const message = `container ${record.containerId} exists already; destroy it before launching it again`
      throw new IsolationError('CONTAINER_EXISTS', message, { cause: error })
    }
    writeFileSync(files.record, JSON.stringify(record), { mode: 0o600 })
    writeFileSync(files.command, commandScript, { mode: 0o600 })
    if (isMortal) writeFileSync(files.mortal, '')
    return files
  }

  async list(): Promise<readonly ContainerId[]> {
    return (await readdir(this.containersDir)) as ContainerId[]
  }

  /** `undefined` when the container is unknown or its agent died while creating it. Throws RECORD_INVALID. */
  async readRecord(containerId: ContainerId): Promise<ContainerRecord | undefined> {
    const path = this.files(containerId).record
    const text = await readIfThere(path)
    if (text === undefined || text === '') return undefined
    try {
      if (text.length > RECORD_BYTES_MAX) throw new Error('too long')
      return recordSchema.parse(JSON.parse(text))
    } catch (error) {
      const message = `${path} is damaged; end its processes by hand and delete the directory`
      throw new IsolationError('RECORD_INVALID', message, { cause: error })
    }
  }

  readStatus(containerId: ContainerId): ExitStatus | undefined {
    return parseStatus(readNowIfThere(this.files(containerId).status) ?? '')
  }

  /** What went wrong before the command ran, in the words of the tools. */
  async readNote(containerId: ContainerId): Promise<string> {
    const text = (await readIfThere(this.files(containerId).note)) ?? ''
    return text.slice(0, NOTE_BYTES_MAX).trim()
  }

  /** `undefined` when it has not come so far. */
  async readSupervisor(containerId: ContainerId): Promise<ProcessIdentity | undefined> {
    const stat = parseProcessStat((await readIfThere(this.files(containerId).process)) ?? '')
    return stat === undefined ? undefined : { pid: stat.pid, startTicks: stat.startTicks }
  }

  async remove(containerId: ContainerId): Promise<void> {
    const { directory, status, ...inside } = this.files(containerId)
    for (const path of [status, ...Object.values(inside)]) unlinkIfThere(path)
    try {
      rmdirSync(directory)
    } catch {
      // The known files are gone; only what nobody expects makes the thorough way necessary.
      await rm(directory, { recursive: true, force: true })
    }
  }
}
