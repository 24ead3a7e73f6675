/** Definitions that come and go and never run anything: what was acknowledged of them must be there in the end. */
import type { Caller } from './caller.ts'
import type { LoadOptions, WriteRequest } from './history.ts'

type Kept = { readonly name: string; readonly value: string }

/** The value is a label. */
export const keptApp = ({ name, value }: Kept): WriteRequest => ({
  subject: `app ${name}`,
  value,
  method: 'POST',
  path: '/v2/apps',
  body: { id: name, cmd: 'sleep 1000', instances: 0, cpus: 0.01, mem: 32, labels: { value } },
})

export const smallJob = { cpus: 0.01, mem: 32, disk: 1, owner: '' }

/** The value is its description. */
export const keptJob = ({ name, value }: Kept): WriteRequest => ({
  subject: `job ${name}`,
  value,
  method: 'POST',
  path: '/v1/scheduler/iso8601',
  body: { ...smallJob, name, description: value, schedule: 'R1/2999-01-01T00:00:00Z/PT1H', command: 'true' },
})

/** Reading all of them in the end must not take long. */
const definitionsMax = 150
const removedShare = 0.3

export type DefinitionsOptions = Pick<LoadOptions, 'history' | 'random'> & {
  readonly caller: Caller
  readonly nameOf: (count: number) => string
  readonly create: (kept: Kept) => WriteRequest
  readonly remove: (name: string) => WriteRequest
}

export class Definitions {
  readonly #options: DefinitionsOptions
  readonly #defined: string[] = []
  #count = 0

  constructor(options: DefinitionsOptions) {
    this.#options = options
  }

  /** Removes the oldest or adds another. */
  async change(): Promise<void> {
    const { history, caller, random, nameOf, create, remove } = this.#options
    const old = this.#defined.length > 0 && random() < removedShare ? this.#defined.shift() : undefined
    if (old !== undefined) {
      await history.write(caller, remove(old))
      return
    }
    if (this.#count >= definitionsMax) return
    const name = nameOf((this.#count += 1))
    const value = String(Math.floor(random() * 1e9))
    const { outcome } = await history.write(caller, create({ name, value }))
    if (outcome === 'acknowledged') this.#defined.push(name)
  }
}
