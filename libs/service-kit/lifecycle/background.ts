import { setTimeout as sleep } from 'node:timers/promises'

/** The one place for promises that nobody awaits: their failures are reported, and `settled` waits for them. */
export class Background {
  readonly #running = new Set<Promise<void>>()
  readonly #onFailure: (name: string, error: unknown) => void

  constructor(onFailure: (name: string, error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** Watches over `work`; an AbortError is no failure. */
  run(name: string, work: Promise<unknown>): void {
    const watched = work.then(
      () => undefined,
      (error: unknown) => {
        if (!isAbort(error)) this.#onFailure(name, error)
      },
    )
    this.#running.add(watched)
    void watched.finally(() => this.#running.delete(watched))
  }

  /** Resolves when everything that runs now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }
}

/** Whether the error only says that an AbortSignal fired. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
}

/** Waits; rejects with an AbortError when `signal` aborts. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal })
}

export type BackoffOptions = {
  readonly minMs: number
  readonly maxMs: number
  /** In [0, 1); a source of jitter so that many clients do not return at once. */
  readonly random: () => number
}

/** Exponential backoff with full jitter: attempt n waits in [minMs, min(maxMs, minMs * 2^n)]. */
export function backoff({ minMs, maxMs, random }: BackoffOptions): { next(): number; reset(): void } {
  let attempt = 0
  return {
    next() {
      const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt++, 30))
      return minMs + Math.floor(random() * Math.max(0, ceiling - minMs))
    },
    reset() {
      attempt = 0
    },
  }
}
