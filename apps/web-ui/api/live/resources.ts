import type { WireResource } from '../schemas/mesos.ts'

export type Amounts = { cpus: number; mem: number; disk: number; gpus: number; ports: number }
export const nothing: Amounts = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: 0 }

const portCount = (resource: WireResource) =>
  (resource.ranges?.range ?? []).reduce((sum, range) => sum + range.end - range.begin + 1, 0)

/** Sums a list of Mesos resources by name; ports are counted. */
export function amountsOf(resources: readonly WireResource[]): Amounts {
  const sum = { ...nothing }
  for (const resource of resources) {
    if (resource.name === 'ports') sum.ports += portCount(resource)
    else if (isScalarName(resource.name)) sum[resource.name] += resource.scalar?.value ?? 0
  }
  return rounded(sum)
}

const isScalarName = (name: string): name is 'cpus' | 'mem' | 'disk' | 'gpus' =>
  name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus'

/** What is reserved for a role other than `*`. */
export const reservedOf = (resources: readonly WireResource[]): Amounts =>
  amountsOf(
    resources.filter((one) => (one.reservations?.length ?? 0) > 0 || (one.role !== undefined && one.role !== '*')),
  )

export const plus = (a: Amounts, b: Amounts): Amounts =>
  rounded({
    cpus: a.cpus + b.cpus,
    mem: a.mem + b.mem,
    disk: a.disk + b.disk,
    gpus: a.gpus + b.gpus,
    ports: a.ports + b.ports,
  })

export const minus = (a: Amounts, b: Amounts): Amounts =>
  rounded({
    cpus: Math.max(0, a.cpus - b.cpus),
    mem: Math.max(0, a.mem - b.mem),
    disk: Math.max(0, a.disk - b.disk),
    gpus: Math.max(0, a.gpus - b.gpus),
    ports: Math.max(0, a.ports - b.ports),
  })

/** Scalars are exact to a thousandth in Mesos; sums of floats are not. */
const rounded = (amounts: Amounts): Amounts => ({
  cpus: thousandths(amounts.cpus),
  mem: thousandths(amounts.mem),
  disk: thousandths(amounts.disk),
  gpus: thousandths(amounts.gpus),
  ports: amounts.ports,
})
const thousandths = (value: number) => Math.round(value * 1000) / 1000

/** The port numbers of a list of resources, at most `max`. */
export function portNumbers(resources: readonly WireResource[], max = 20): number[] {
  const ports: number[] = []
  for (const range of resources.filter((one) => one.name === 'ports').flatMap((one) => one.ranges?.range ?? []))
    for (let port = range.begin; port <= range.end && ports.length < max; port += 1) ports.push(port)
  return ports
}
