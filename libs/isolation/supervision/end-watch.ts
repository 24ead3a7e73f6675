/**
 * Tells of ended containers. Their supervisors are nobody's children, in the agent's life that launched them and in
 * every later one. One watch on the directory of exit statuses, and a slow rescan for lost notifications and for
 * supervisors that died without a status.
 */
import { watch } from 'node:fs'
import { RESCAN_INTERVAL_MS, RESCAN_PART } from '../limits.ts'
import { isAlive } from '../process/process-table.ts'
import type { ProcessIdentity } from './runtime-directory.ts'
import type { ContainerId } from '../containerizer.ts'
import type { FSWatcher } from 'node:fs'

type Entry = { readonly identity: ProcessIdentity; readonly check: () => void }

export class EndWatch {
  readonly #directory: string
  readonly #entries = new Map<string, Entry>()
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Calls `check` when the status may have been written or the process has gone; until `remove`. */
  add(containerId: ContainerId, identity: ProcessIdentity, check: () => void): void {
    this.#entries.set(containerId, { identity, check })
    this.#start()
    // The status may have been written before the watch began.
    check()
  }

  remove(containerId: ContainerId): void {
    this.#entries.delete(containerId)
    if (this.#entries.size === 0) this.close()
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#rescan(), RESCAN_INTERVAL_MS).unref()
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, (_event, name) => this.#notice(name))
      // Without notifications (inotify limits) the rescan alone finds every end, only later.
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      this.#watcher = undefined
    }
  }

  #notice(name: string | null): void {
    if (name === null) this.#rescan()
    else this.#entries.get(name)?.check()
  }

  /** A part a turn: with thousands of containers the look at /proc takes its time. */
  #rescan(entries: readonly Entry[] = [...this.#entries.values()]): void {
    for (const { identity, check } of entries.slice(0, RESCAN_PART)) if (!isAlive(identity)) check()
    if (entries.length > RESCAN_PART) setImmediate(() => this.#rescan(entries.slice(RESCAN_PART)))
  }
}
