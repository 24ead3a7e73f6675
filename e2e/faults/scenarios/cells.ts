/** The faults of the partition matrix: who hears whom no longer, and what goes wrong besides. */
import { between, oneWay } from '../parts/index.ts'
import type { Cut } from '../parts/index.ts'

export const partitions = [
  'halves',
  'isolate leader',
  'isolate one agent',
  'ring',
  'one-way master to agent',
  'one-way agent to master',
  'master-etcd only',
  'framework-master only',
] as const
export type Partition = (typeof partitions)[number] | 'bad links'

export const extras = ['none', 'pause', 'kill', 'clock skew'] as const
export type Extra = (typeof extras)[number]

/** Of each kind, the machines: `m1`, `a3`. */
const of = (machines: readonly string[], letter: string): string[] => machines.filter((name) => name.startsWith(letter))

function shuffled(names: readonly string[], random: () => number): string[] {
  const result: string[] = []
  for (const name of names) result.splice(Math.floor(random() * (result.length + 1)), 0, name)
  return result
}

/** Each hears the three beside it on either side alone: all see a majority, and no two the same. */
function ring(names: readonly string[]): Cut[] {
  const distance = (one: number, other: number): number => {
    const steps = Math.abs(one - other)
    return Math.min(steps, names.length - steps)
  }
  return names.flatMap((from, index) =>
    names.filter((_, other) => distance(index, other) > 3).map((to): Cut => ({ from, to })),
  )
}

export type CellOptions = {
  readonly machines: readonly string[]
  /** The machine of the leading master. */
  readonly leader: string
  readonly random: () => number
}

export function cutsOf(partition: Exclude<Partition, 'bad links'>, { machines, leader, random }: CellOptions): Cut[] {
  const [etcds, masters, agents, frameworks] = ['e', 'm', 'a', 'f'].map((letter) => of(machines, letter))
  const others = (name: string): string[] => machines.filter((machine) => machine !== name)
  const mixed = shuffled(machines, random)
  switch (partition) {
    case 'halves':
      return between(mixed.slice(0, mixed.length / 2), mixed.slice(mixed.length / 2))
    case 'isolate leader':
      return between([leader], others(leader))
    case 'isolate one agent': {
      const agent = agents?.[Math.floor(random() * agents.length)] ?? 'a1'
      return between([agent], others(agent))
    }
    case 'ring':
      return ring(mixed)
    case 'one-way master to agent':
      return oneWay(masters ?? [], agents ?? [])
    case 'one-way agent to master':
      return oneWay(agents ?? [], masters ?? [])
    case 'master-etcd only':
      return between(masters ?? [], etcds ?? [])
    case 'framework-master only':
      return between(frameworks ?? [], masters ?? [])
  }
}
