import { readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import type { Background } from '@thermosphere/service-kit'
import { delay, isAbort } from '@thermosphere/service-kit'

export type CollectorOptions = {
  /** `work_dir/slaves` */
  readonly root: string
  readonly gcDelayMs: number
  readonly diskHeadroom: number
  readonly watchIntervalMs: number
  readonly background: Background
}

/**
 * Removes sandboxes of finished executors when they are older than the allowed age, which shrinks as the disk fills:
 * gc_delay * max(0, 1 - headroom - used fraction).
 */
export class SandboxCollector {
  readonly #options: CollectorOptions
  /** Sandbox -> when it was last changed. */
  readonly #pending = new Map<string, number>()
  readonly #abort = new AbortController()
  #succeeded = 0
  #failed = 0
  #allowedAgeMs: number

  constructor(options: CollectorOptions) {
    this.#options = options
    this.#allowedAgeMs = options.gcDelayMs
  }

  counts() {
    return {
      succeeded: this.#succeeded,
      failed: this.#failed,
      pending: this.#pending.size,
      allowedAgeSecs: this.#allowedAgeMs / 1000,
    }
  }

  add(path: string): void {
    this.#pending.set(path, Date.now())
  }

  start(): void {
    this.#options.background.run('sandbox-collector', this.#watch())
  }

  /** Sandboxes of earlier lives of this agent that nobody uses. */
  async findOld(live: ReadonlySet<string>): Promise<void> {
    const { root } = this.#options
    for (const agent of await list(root)) {
      for (const framework of await list(join(root, agent, 'frameworks'))) {
        const executors = join(root, agent, 'frameworks', framework, 'executors')
        for (const executor of await list(executors)) {
          for (const run of await list(join(executors, executor, 'runs'))) {
            const path = join(executors, executor, 'runs', run)
            if (run !== 'latest' && !live.has(path)) this.#pending.set(path, (await stat(path)).mtimeMs)
          }
        }
      }
    }
  }

  async prune(now: number): Promise<void> {
    const { root, gcDelayMs, diskHeadroom } = this.#options
    const { blocks, bavail } = await statfs(root).catch(() => ({ blocks: 1, bavail: 1 }))
    const used = blocks === 0 ? 0 : 1 - bavail / blocks
    this.#allowedAgeMs = gcDelayMs * Math.max(0, 1 - diskHeadroom - used)
    for (const [path, since] of this.#pending) {
      if (now - since < this.#allowedAgeMs) continue
      this.#pending.delete(path)
      try {
        await rm(path, { recursive: true, force: true })
        this.#succeeded++
      } catch {
        // Counted, and found again at the next start: a sandbox that cannot be removed must not stop the agent.
        this.#failed++
      }
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#abort
    for (;;) {
      await this.prune(Date.now())
      try {
        await delay(this.#options.watchIntervalMs, signal)
      } catch (error) {
        if (isAbort(error)) return
        throw error
      }
    }
  }

  close(): void {
    this.#abort.abort()
  }
}

async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}
