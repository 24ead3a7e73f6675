import { open, readdir, stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { errnoOf } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import { MASTER_LIMITS } from '../../limits.ts'

/** A file cannot be read like this; `message` is the body of the answer. */
export class FileError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'FileError'
    this.status = status
  }
}

export type FileEntry = { readonly path: string; readonly stats: Stats }

/** Files that operators may read, under virtual paths: the master's log. */
export class VirtualFiles {
  readonly #roots: ReadonlyMap<string, string>

  /** Virtual path → real path. */
  constructor(roots: ReadonlyMap<string, string>) {
    this.#roots = roots
  }

  roots(): Record<string, string> {
    return Object.fromEntries(this.#roots)
  }

  /** The real path; nothing outside the attached roots can be named. */
  resolve(path: string): string {
    if (path.split('/').includes('..')) throw new FileError(400, `'${path}' is not allowed`)
    const wanted = path.replace(/\/+$/, '')
    for (const [root, real] of this.#roots) {
      if (wanted === root) return real
      if (wanted.startsWith(`${root}/`)) return real + wanted.slice(root.length)
    }
    throw new FileError(404, '')
  }

  async list(path: string): Promise<FileEntry[]> {
    const real = this.resolve(path)
    const stats = await statOf(real)
    if (!stats.isDirectory()) return [{ path, stats }]
    const names = (await readdir(real)).sort()
    return Promise.all(names.map(async (name) => ({ path: `${path}/${name}`, stats: await statOf(`${real}/${name}`) })))
  }

  async listInfos(path: string): Promise<mesos.FileInfo[]> {
    const entries = await this.list(path)
    return entries.map(({ path: name, stats }) => ({
      path: name,
      nlink: stats.nlink,
      size: stats.size,
      mtime: { nanoseconds: BigInt(Math.round(stats.mtimeMs * 1000)) * 1000n },
      mode: stats.mode,
      uid: String(stats.uid),
      gid: String(stats.gid),
    }))
  }

  /** At most 64 KiB a call; past the end there is nothing. */
  async read(path: string, offset: number, length?: number): Promise<{ readonly size: number; readonly data: Buffer }> {
    const real = this.resolve(path)
    const stats = await statOf(real)
    if (stats.isDirectory()) throw new FileError(400, 'Cannot read a directory.\n')
    const wanted = Math.min(length ?? MASTER_LIMITS.fileReadBytesMax, MASTER_LIMITS.fileReadBytesMax)
    const buffer = Buffer.alloc(Math.max(0, Math.min(wanted, stats.size - offset)))
    const file = await open(real)
    try {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
      return { size: stats.size, data: buffer.subarray(0, bytesRead) }
    } finally {
      await file.close()
    }
  }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new FileError(404, '')
    throw error
  }
}
