/**
 * Which hosts are offered: the file of `--whitelist`, one host name a line, read again and again. A file that cannot be
 * read any more leaves the last list in force; an empty one keeps every agent back.
 */
import { errorMessage } from '@thermosphere/effects'
import { delay, isAbort, StartupError } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import { open } from 'node:fs/promises'
import { MASTER_LIMITS } from '../../limits.ts'

/** `undefined`: all agents are offered. */
type Hostnames = readonly string[] | undefined
type Listener = (hostnames: Hostnames) => void

export type WhitelistOptions = {
  /** A file; without one, and with `*`, all agents are offered. */
  readonly path: string | undefined
  readonly logger: Logger
  readonly intervalMs?: number
}

export class Whitelist {
  readonly #path: string | undefined
  readonly #logger: Logger
  readonly #intervalMs: number
  readonly #listeners = new Set<Listener>()
  readonly #closing = new AbortController()
  #hostnames: Hostnames
  #isReadable = true
  #watching: Promise<void> = Promise.resolve()

  constructor({ path, logger, intervalMs = MASTER_LIMITS.whitelistReadMs }: WhitelistOptions) {
    this.#path = path === '*' ? undefined : path
    this.#logger = logger
    this.#intervalMs = intervalMs
  }

  /** Rejects with a StartupError if the file cannot be read. */
  async start(): Promise<void> {
    const path = this.#path
    if (path === undefined) return
    try {
      this.#hostnames = await readHostnames(path)
    } catch (cause) {
      throw new StartupError(`--whitelist=${path} cannot be read: ${errorMessage(cause)}`, { cause })
    }
    this.#watching = this.#watch(path)
  }

  /** The list, at once and whenever it changes, until what this returns is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    listener(this.#hostnames)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching
  }

  async #watch(path: string): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      try {
        await delay(this.#intervalMs, signal)
      } catch (error) {
        if (isAbort(error)) return
        throw error
      }
      await this.#read(path)
    }
  }

  async #read(path: string): Promise<void> {
    let hostnames: readonly string[]
    try {
      hostnames = await readHostnames(path)
    } catch (error) {
      // Whoever replaces the file may have removed it for a moment; it is looked for again.
      if (this.#isReadable) this.#logger.error({ path, err: error }, 'whitelist.unreadable')
      this.#isReadable = false
      return
    }
    this.#isReadable = true
    if (hostnames.join('\n') === this.#hostnames?.join('\n')) return
    this.#hostnames = hostnames
    this.#logger.info({ path, hostCount: hostnames.length }, 'whitelist.changed')
    for (const listener of this.#listeners) listener(hostnames)
  }
}

async function readHostnames(path: string): Promise<string[]> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const bytesMax = MASTER_LIMITS.whitelistBytesMax
    if (size > bytesMax) throw new Error(`${path} has more than ${bytesMax} bytes`)
    const lines = (await file.readFile('utf8')).split('\n')
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  } finally {
    await file.close()
  }
}
