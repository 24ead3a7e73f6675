import type { Outcome } from '../world/simulate.ts'

/** What many seeds came to. */
export class Totals {
  seeds = 0
  virtualMs = 0
  events = 0
  steps = 0
  readonly #counts = new Map<string, number>()

  add({ virtualMs, events, steps, counts }: Pick<Outcome, 'virtualMs' | 'events' | 'steps' | 'counts'>): void {
    this.seeds++
    this.virtualMs += virtualMs
    this.events += events
    this.steps += steps
    for (const [name, count] of Object.entries(counts)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** For a person. `tookMs` is real time. */
  describe(tookMs: number): string {
    const seconds = Math.max(0.001, tookMs / 1000)
    const lines = [
      `${this.seeds} seeds in ${seconds.toFixed(1)} s: ${Math.round(this.virtualMs / 1000)} s of virtual time, ` +
        `${this.events} events (${Math.round(this.events / seconds)}/s), ${this.steps} steps of masters`,
    ]
    for (const [name, count] of [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      lines.push(`  ${name.padEnd(28)} ${count}`)
    return lines.join('\n')
  }
}
