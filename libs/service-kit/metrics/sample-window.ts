/** Mesos keeps as many samples of a timer. */
const CAPACITY = 1000
const PERCENTILES = [
  ['p25', 0.25],
  ['p50', 0.5],
  ['p75', 0.75],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['p9999', 0.9999],
] as const

/** The latest samples and their percentiles, with linear interpolation as Mesos computes them. */
export class SampleWindow {
  readonly #samples = new Float64Array(CAPACITY)
  #count = 0
  #last = 0

  add(sample: number): void {
    this.#samples[this.#count++ % CAPACITY] = sample
    this.#last = sample
  }

  /** `name` is the last sample; the statistics follow under `name/…`. Nothing before the first sample. */
  values(name: string): (readonly [string, number])[] {
    if (this.#count === 0) return []
    const sorted = this.#samples.slice(0, Math.min(this.#count, CAPACITY)).sort()
    const statistics = PERCENTILES.map(
      ([label, fraction]) => [`${name}/${label}`, percentile(sorted, fraction)] as const,
    )
    return [
      [name, this.#last],
      [`${name}/count`, sorted.length],
      [`${name}/min`, sorted[0] ?? 0],
      [`${name}/max`, sorted[sorted.length - 1] ?? 0],
      ...statistics,
    ]
  }
}

function percentile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1)
  const index = Math.floor(position)
  const low = sorted[index] ?? 0
  const high = sorted[Math.min(index + 1, sorted.length - 1)] ?? low
  return low + (position - index) * (high - low)
}
