/** Truncated exponential backoff with full jitter: a delay is drawn from [0, min(max, min * 2^attempt)). */
export type Backoff = { next(): number; reset(): void }

export type BackoffOptions = { readonly minMs: number; readonly maxMs: number; readonly random: () => number }

export function createBackoff({ minMs, maxMs, random }: BackoffOptions): Backoff {
  let attempt = 0
  return {
    next() {
      const bound = Math.min(maxMs, minMs * 2 ** attempt)
      if (bound < maxMs) attempt += 1
      return random() * bound
    },
    reset() {
      attempt = 0
    },
  }
}

/** Waits; an abort ends the wait early without an error. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })
}
