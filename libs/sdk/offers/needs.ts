/** What tasks need, and how it is taken out of what an offer has. */
import type { mesos } from '@thermosphere/protocol'

/** Resources of a task or an executor. */
export type Needs = {
  readonly cpus?: number
  readonly memMib?: number
  readonly diskMib?: number
  readonly gpus?: number
  /** How many, whichever; or exactly these. */
  readonly ports?: number | readonly number[]
}

type Scalar = 'cpus' | 'mem' | 'disk' | 'gpus'

const scalars = ({ cpus, memMib, diskMib, gpus }: Needs): [Scalar, number][] =>
  Object.entries({ cpus, mem: memMib, disk: diskMib, gpus }).flatMap(([name, value]): [Scalar, number][] =>
    value === undefined || value === 0 ? [] : [[name as Scalar, value]],
  )

/** Mesos reckons in thousandths. */
const toMilli = (value: number): number => Math.round(value * 1000)

/** Volumes, disks of their own, and what may be taken back at any time: `Offer.accept` is for those. */
const isPlain = ({ disk, revocable, shared }: mesos.Resource): boolean =>
  disk?.persistence === undefined && disk?.source === undefined && revocable === undefined && shared === undefined

const isReserved = ({ role = '*', reservations = [] }: mesos.Resource): boolean =>
  role !== '*' || reservations.length > 0

const portRange = (begin: number, end: number): number[] =>
  Array.from({ length: end - begin + 1 }, (_, index) => begin + index)

const portsOf = ({ ranges }: mesos.Resource): number[] =>
  (ranges?.range ?? []).flatMap(({ begin, end }) => portRange(Number(begin), Number(end)))

const portResource = (from: mesos.Resource, ports: readonly number[]): mesos.Resource => ({
  ...from,
  ranges: { range: ports.map((port) => ({ begin: port, end: port })) },
})

/** The resources of an offer that are still free. Reserved ones are taken first: nobody else can use them. */
export class FreeResources {
  #resources: mesos.Resource[]

  constructor(resources: readonly mesos.Resource[]) {
    const plain = resources.filter(isPlain)
    this.#resources = [...plain.filter(isReserved), ...plain.filter((resource) => !isReserved(resource))]
  }

  copy(): FreeResources {
    return new FreeResources(this.#resources)
  }

  /** How much of a scalar is free. */
  amount(name: Scalar): number {
    const milli = this.#named(name).reduce((sum, { scalar }) => sum + toMilli(scalar?.value ?? 0), 0)
    return milli / 1000
  }

  get ports(): readonly number[] {
    return this.#named('ports').flatMap(portsOf)
  }

  /** What is missing, in words; undefined when all is there. */
  lack(needs: Needs): string | undefined {
    const short = scalars(needs).find(([name, value]) => toMilli(this.amount(name)) < toMilli(value))
    if (short !== undefined) return `${short[1]} ${short[0]} are needed, ${this.amount(short[0])} are free`
    const { ports = [] } = needs
    const free = this.ports
    if (typeof ports === 'number')
      return ports > free.length ? `${ports} ports are needed, ${free.length} are free` : undefined
    const taken = ports.filter((port) => !free.includes(port))
    return taken.length > 0 ? `ports ${taken.join(', ')} are not free` : undefined
  }

  /** Takes what is needed; only after `lack` has found nothing. */
  take(needs: Needs): mesos.Resource[] {
    const ofScalars = scalars(needs).flatMap(([name, value]) => this.#takeScalar(name, toMilli(value)))
    const { ports = [] } = needs
    const wanted = typeof ports === 'number' ? this.ports.slice(0, ports) : ports
    return [...ofScalars, ...this.#takePorts(new Set(wanted))]
  }

  #named(name: string): mesos.Resource[] {
    return this.#resources.filter((resource) => resource.name === name)
  }

  #takeScalar(name: Scalar, milli: number): mesos.Resource[] {
    let missing = milli
    const taken: mesos.Resource[] = []
    this.#resources = this.#resources.map((resource) => {
      const free = toMilli(resource.scalar?.value ?? 0)
      const part = resource.name === name ? Math.min(free, missing) : 0
      if (part === 0) return resource
      missing -= part
      taken.push({ ...resource, scalar: { value: part / 1000 } })
      return { ...resource, scalar: { value: (free - part) / 1000 } }
    })
    return taken
  }

  #takePorts(wanted: ReadonlySet<number>): mesos.Resource[] {
    if (wanted.size === 0) return []
    const taken: mesos.Resource[] = []
    this.#resources = this.#resources.map((resource) => {
      if (resource.name !== 'ports') return resource
      const ports = portsOf(resource)
      const part = ports.filter((port) => wanted.has(port))
      if (part.length > 0) taken.push(portResource(resource, part))
      return portResource(
        resource,
        ports.filter((port) => !wanted.has(port)),
      )
    })
    return taken
  }
}

/** Needs as resources of nobody's reservation. */
export function unreserved(needs: Needs): mesos.Resource[] {
  const { ports = [] } = needs
  if (typeof ports === 'number' || ports.length > 0)
    throw new RangeError('an executor is shared by tasks and cannot have ports: give them to the tasks')
  return scalars(needs).map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value } }))
}
