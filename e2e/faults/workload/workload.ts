/** Everything that a cluster is asked for while faults are put in. */
import type { Fleet } from '../parts/index.ts'
import { ChronosLoad } from './chronos-load.ts'
import type { JobsOptions } from './chronos-load.ts'
import { FrameworkLoad } from './framework-load.ts'
import { History } from './history.ts'
import { MarathonLoad } from './marathon-load.ts'
import { OperatorLoad } from './operator-load.ts'
import { TaskRecord } from './record.ts'

export type WorkloadOptions = {
  readonly fleet: Fleet
  readonly random: () => number
  readonly schedule: JobsOptions['schedule']
}

export class Workload {
  readonly history = new History()
  readonly record: TaskRecord
  readonly marathon: MarathonLoad
  readonly chronos: ChronosLoad
  readonly operator: OperatorLoad
  readonly framework: FrameworkLoad

  constructor({ fleet, random, schedule }: WorkloadOptions) {
    this.record = new TaskRecord(`${fleet.workDir}/record`)
    const common = { history: this.history, record: this.record, random }
    this.marathon = new MarathonLoad({
      ...common,
      urls: fleet.urls('marathon'),
      everyMs: 400,
      upgradeEveryMs: 3_000,
    })
    this.chronos = new ChronosLoad({ ...common, urls: fleet.urls('chronos'), everyMs: 400, schedule })
    this.operator = new OperatorLoad({ ...common, urls: fleet.urls('master'), everyMs: 400 })
    const masters = fleet.urls('master').map((url) => new URL(url).host)
    this.framework = new FrameworkLoad({ ...common, masters, everyMs: 300, tasksAtOnce: 6 })
  }

  #loads() {
    return [this.marathon, this.chronos, this.operator, this.framework]
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loads().map((load) => load.stop()))
  }

  /** What is not at rest yet. */
  async unsettled(): Promise<string[]> {
    const all = await Promise.all(this.#loads().map((load) => load.unsettled()))
    return all.filter((text) => text !== undefined)
  }

  async final(): Promise<Map<string, string> | undefined> {
    const all = await Promise.all(this.#loads().map((load) => load.final()))
    const known = all.filter((final) => final !== undefined)
    return known.length < all.length ? undefined : new Map(known.flatMap((final) => [...final]))
  }

  close(): Promise<void> {
    return this.framework.close()
  }
}
