/** An hour of what the cluster has and uses, for the dashboard's charts. */
import type { Background } from '@thermosphere/service-kit'
import { delay } from '@thermosphere/service-kit'
import { z } from 'zod'
import { sampleIntervalMs, samplesMax } from '../limits.ts'
import type { Leader } from './leader.ts'

const metricsSchema = z.record(z.string(), z.number())

type Usage = { readonly total: number; readonly used: number }
export type CapacitySample = {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly cpus: Usage
  readonly mem: Usage
  readonly disk: Usage
  readonly gpus: Usage
  readonly tasksRunning: number
  readonly agentsActive: number
}

export function sampleOf(metrics: Readonly<Record<string, number>>, at: number): CapacitySample {
  const value = (name: string): number => metrics[`master/${name}`] ?? 0
  const usage = (name: string): Usage => ({ total: value(`${name}_total`), used: value(`${name}_used`) })
  return {
    at,
    cpus: usage('cpus'),
    mem: usage('mem'),
    disk: usage('disk'),
    gpus: usage('gpus'),
    tasksRunning: value('tasks_running'),
    agentsActive: value('slaves_active'),
  }
}

export class CapacityHistory {
  readonly #leader: Leader
  #samples: CapacitySample[] = []

  constructor(leader: Leader) {
    this.#leader = leader
  }

  get samples(): readonly CapacitySample[] {
    return this.#samples
  }

  start(background: Background, signal: AbortSignal): void {
    background.run('capacity.sample', this.#run(signal))
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sample = await this.#take()
      if (sample !== undefined) this.#samples = [...this.#samples, sample].slice(-samplesMax)
      await delay(sampleIntervalMs, signal)
    }
  }

  /** Undefined while the master is away: a gap in the chart tells the truth. */
  async #take(): Promise<CapacitySample | undefined> {
    try {
      const answer = await this.#leader.read('/metrics/snapshot')
      return sampleOf(metricsSchema.parse(await answer.json()), Date.now())
    } catch {
      return undefined
    }
  }
}
