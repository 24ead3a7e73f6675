import type { Logger } from './logger.ts'

/** Mesos counts verbosity: 0 as started, higher says more. */
export interface Logging {
  level(): number
  /** Raises the verbosity for a time; a text says why not. */
  toggle(level: number, durationMs: number): string | undefined
  close(): void
}

const verbosityMax = 3

/** Of a logger and its children, which have levels of their own. All begin with the same. */
export function createLogging(logger: Logger, ...children: readonly Logger[]): Logging {
  const started = logger.level
  let level = 0
  let timer: NodeJS.Timeout | undefined
  const set = (next: number): void => {
    level = next
    for (const one of [logger, ...children]) one.level = next === 0 ? started : next === 1 ? 'debug' : 'trace'
  }
  return {
    level: () => level,
    toggle(next, durationMs) {
      if (next < 0) return `'${next}' < original level.\n`
      if (!Number.isFinite(durationMs) || durationMs < 0) return 'Invalid duration.\n'
      clearTimeout(timer)
      set(Math.min(next, verbosityMax))
      timer = setTimeout(() => set(0), Math.min(durationMs, 2 ** 31 - 1))
      timer.unref()
      return undefined
    },
    close: () => clearTimeout(timer),
  }
}
