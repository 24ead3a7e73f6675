import { errorMessage } from '@thermosphere/effects'
import { limits } from '../../limits.ts'

/** One long-lived connection of the dashboard: what it is doing now, in a form that can be shown. */
export type Connection =
  | { state: 'connecting'; since: number }
  | { state: 'live'; since: number; heardAt: number }
  | { state: 'reconnecting'; lostAt: number; attempt: number; retryAt: number; reason: string; hasData: boolean }
  | { state: 'paused'; since: number }

export type SourceName = 'cluster' | 'services' | 'jobs'

type SourceOptions = {
  /** Opens the stream and returns when it ends; calls `heard` for each thing that arrives, the snapshot first. */
  connect: (signal: AbortSignal, heard: () => void) => Promise<void>
  report: (connection: Connection) => void
  now?: () => number
  random?: () => number
}

/** Keeps one stream open: redials with jittered backoff, ends a silent stream, can be paused. */
export class LiveSource {
  readonly #options: SourceOptions
  readonly #now: () => number
  #connection: Connection
  #abort: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #attempt = 0
  #heardAt: number | undefined

  constructor(options: SourceOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#connection = { state: 'connecting', since: this.#now() }
  }

  get connection(): Connection {
    return this.#connection
  }

  start(): void {
    if (this.#abort !== undefined) return
    if (this.#connection.state === 'paused') this.#set({ state: 'connecting', since: this.#now() })
    void this.#run()
  }

  pause(): void {
    this.#stop()
    this.#set({ state: 'paused', since: this.#now() })
  }

  /** Redials at once instead of at the end of the wait. */
  retryNow(): void {
    if (this.#connection.state !== 'reconnecting') return
    clearTimeout(this.#timer)
    void this.#run()
  }

  close(): void {
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#abort?.abort()
    this.#abort = undefined
  }

  async #run(): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    const watch = this.#watch(abort)
    const reason = await this.#options
      .connect(abort.signal, () => this.#heard(abort))
      .then(() => 'The stream ended.', errorMessage)
    clearTimeout(watch.timer)
    if (this.#abort !== abort) return
    this.#abort = undefined
    this.#redial(abort.signal.reason instanceof SilenceError ? abort.signal.reason.message : reason)
  }

  #heard(abort: AbortController): void {
    if (this.#abort !== abort) return
    this.#attempt = 0
    const heardAt = this.#now()
    this.#heardAt = heardAt
    const since = this.#connection.state === 'live' ? this.#connection.since : heardAt
    this.#set({ state: 'live', since, heardAt })
  }

  #redial(reason: string): void {
    this.#attempt += 1
    const ceiling = Math.min(limits.reconnectMaxMs, limits.reconnectMinMs * 2 ** Math.min(this.#attempt, 10))
    const waitMs = ceiling / 2 + (this.#options.random ?? Math.random)() * (ceiling / 2)
    const now = this.#now()
    const lostAt = this.#connection.state === 'reconnecting' ? this.#connection.lostAt : (this.#heardAt ?? now)
    this.#set({
      state: 'reconnecting',
      lostAt,
      attempt: this.#attempt,
      retryAt: now + waitMs,
      reason,
      hasData: this.#heardAt !== undefined,
    })
    this.#timer = setTimeout(() => void this.#run(), waitMs)
  }

  /** A half-open connection says nothing for ever; heartbeats make silence a proof. */
  #watch(abort: AbortController): { timer: ReturnType<typeof setTimeout> } {
    const startedAt = this.#now()
    const watch = { timer: setTimeout(() => undefined, 0) }
    const check = () => {
      const silentMs = this.#now() - Math.max(this.#heardAt ?? 0, startedAt)
      if (silentMs >= limits.streamSilenceMs) return abort.abort(new SilenceError())
      watch.timer = setTimeout(check, limits.streamSilenceMs - silentMs + 50)
    }
    watch.timer = setTimeout(check, limits.streamSilenceMs)
    return watch
  }

  #set(connection: Connection): void {
    this.#connection = connection
    this.#options.report(connection)
  }
}

class SilenceError extends Error {
  constructor() {
    super('The stream was silent for too long.')
  }
}

/** The state of all streams in one: the worst decides. */
export function overall(
  connections: readonly Connection[],
  now: number,
): { state: Connection['state']; ageMs: number } {
  const ages = connections.map((one) => ageOf(one, now))
  const worst = (['paused', 'reconnecting', 'connecting', 'live'] as const).find((state) =>
    connections.some((one) => one.state === state),
  )
  return { state: worst ?? 'connecting', ageMs: Math.max(0, ...ages) }
}

function ageOf(connection: Connection, now: number): number {
  switch (connection.state) {
    case 'live':
      return 0
    case 'connecting':
      return 0
    case 'paused':
      return now - connection.since
    case 'reconnecting':
      return now - connection.lostAt
  }
}
