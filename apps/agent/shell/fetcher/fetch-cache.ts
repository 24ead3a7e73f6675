import { createHash } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { download } from './download.ts'

export type FetchCacheOptions = {
  readonly cacheDir: string
  readonly cacheBytesMax: number
  readonly stallTimeoutMs: number
}

type Cached = { readonly path: string; bytes: number; usedAt: number; ready: Promise<boolean> }

/** Files that several tasks ask for, by user and URI; the least recently used ones go when it is full. */
export class FetchCache {
  readonly #options: FetchCacheOptions
  readonly #files = new Map<string, Cached>()
  #clock = 0

  constructor(options: FetchCacheOptions) {
    this.#options = options
  }

  get usedBytes(): number {
    let sum = 0
    for (const file of this.#files.values()) sum += file.bytes
    return sum
  }

  async clear(): Promise<void> {
    this.#files.clear()
    await rm(this.#options.cacheDir, { recursive: true, force: true })
  }

  /** The cached file, downloaded if need be; `undefined` when the cache cannot help. */
  async find(uri: string, user: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    if (!/^https?:/i.test(uri) || this.#options.cacheBytesMax === 0) return undefined
    const key = createHash('sha256')
      .update(`${user ?? ''}\n${uri}`)
      .digest('hex')
    const file = this.#files.get(key) ?? this.#start(key, uri, signal)
    file.usedAt = ++this.#clock
    return (await file.ready) ? file.path : undefined
  }

  #start(key: string, uri: string, signal: AbortSignal): Cached {
    const path = join(this.#options.cacheDir, key)
    const ready = this.#fill(key, path, uri, signal)
    const file: Cached = { path, bytes: 0, usedAt: 0, ready }
    this.#files.set(key, file)
    return file
  }

  /** Any trouble of the cache falls back to a direct download. */
  async #fill(key: string, path: string, uri: string, signal: AbortSignal): Promise<boolean> {
    try {
      await mkdir(this.#options.cacheDir, { recursive: true })
      await download(uri, { target: path, signal, stallTimeoutMs: this.#options.stallTimeoutMs })
      const file = this.#files.get(key)
      if (file !== undefined) file.bytes = (await stat(path)).size
      await this.#shrink(key)
      return true
    } catch {
      this.#files.delete(key)
      return false
    }
  }

  async #shrink(kept: string): Promise<void> {
    const oldest = [...this.#files].filter(([key]) => key !== kept).sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [key, file] of oldest) {
      if (this.usedBytes <= this.#options.cacheBytesMax) return
      this.#files.delete(key)
      await rm(file.path, { force: true })
    }
  }
}
