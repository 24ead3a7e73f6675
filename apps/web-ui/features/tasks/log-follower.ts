import { errorMessage } from '@thermosphere/effects'
import { fileSize, followFile, readFile, tailOffset } from '../../api/sandbox.ts'
import { ApiError } from '../../api/http.ts'
import { limits } from '../../limits.ts'
import { appendText, noLines, prependText } from './log-lines.ts'
import type { LogLines } from './log-lines.ts'

export type LogState =
  | { state: 'loading' }
  | { state: 'following' }
  | { state: 'lost'; reason: string }
  | { state: 'missing'; reason: string }
export type LogView = { log: LogLines; status: LogState; startOffset: number }

const retryMs = 2_000
const flushMs = 80

/** Follows one file of a sandbox: its end first, then what is written, again after a lost connection. */
export class LogFollower {
  readonly #file: { agentId: string; path: string }
  readonly #listeners = new Set<() => void>()
  readonly #abort = new AbortController()
  #view: LogView = { log: noLines, status: { state: 'loading' }, startOffset: 0 }
  #pending = ''
  #nextOffset: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(file: { agentId: string; path: string }) {
    this.#file = file
    void this.#run()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): LogView => this.#view

  close(): void {
    this.#abort.abort()
    clearTimeout(this.#timer)
  }

  /** Loads what stands before the first known line. */
  async loadEarlier(): Promise<void> {
    const { agentId, path } = this.#file
    const offset = Math.max(0, this.#view.startOffset - limits.fileReadBytes)
    const length = this.#view.startOffset - offset
    if (length <= 0) return
    const { data } = await readFile(agentId, path, { offset, length }, this.#abort.signal)
    this.#set({ log: prependText(this.#view.log, data), startOffset: offset })
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const status = await this.#follow().catch(outcomeOf)
      if (this.#abort.signal.aborted) return
      this.#set({ status })
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }

  async #follow(): Promise<LogState> {
    const { agentId, path } = this.#file
    const { signal } = this.#abort
    if (this.#nextOffset === undefined) {
      this.#nextOffset = tailOffset(await fileSize(agentId, path, signal))
      this.#set({ startOffset: this.#nextOffset })
    }
    this.#set({ status: { state: 'following' } })
    await followFile({
      agentId,
      path,
      offset: this.#nextOffset,
      signal,
      onText: (text, bytes) => this.#onText(text, bytes),
    })
    return { state: 'lost', reason: 'The agent closed the log.' }
  }

  #onText(text: string, bytes: number): void {
    this.#nextOffset = (this.#nextOffset ?? 0) + bytes
    this.#pending += text
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const pending = this.#pending
      this.#pending = ''
      this.#set({ log: appendText(this.#view.log, pending) })
    }, flushMs)
  }

  #set(change: Partial<LogView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function outcomeOf(error: unknown): LogState {
  const reason = errorMessage(error)
  return error instanceof ApiError && (error.status === 404 || error.status === 400)
    ? { state: 'missing', reason }
    : { state: 'lost', reason }
}
