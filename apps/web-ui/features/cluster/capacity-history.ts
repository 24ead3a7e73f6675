import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { readCapacity } from '../../api/gateway.ts'
import { keys } from '../../api/query-keys.ts'
import type { CapacitySample } from '../../api/schemas/gateway.ts'
import { limits } from '../../limits.ts'
import type { Usage } from './usage.ts'

type History = { samples: CapacitySample[] }
const everyMs = 15_000

/** The hour the gateway remembers, then one sample of our own for each quarter of a minute. */
export function useCapacityHistory(usage: Usage | undefined): CapacitySample[] {
  const queries = useQueryClient()
  const history = useQuery<History>({
    queryKey: keys.capacity,
    queryFn: ({ signal }) => readCapacity(signal),
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  useEffect(() => {
    if (usage === undefined) return
    queries.setQueryData<History>(keys.capacity, (known) => {
      if (known === undefined) return known
      const samples = append(known.samples, sampleOf(usage, Date.now()))
      return samples === known.samples ? known : { samples }
    })
  }, [usage, queries])
  return history?.samples ?? none
}

const none: CapacitySample[] = []

export function append(samples: CapacitySample[], sample: CapacitySample): CapacitySample[] {
  const last = samples.at(-1)
  if (last !== undefined && sample.at - last.at < everyMs) return samples
  return [...samples, sample].slice(-limits.capacitySamplesMax)
}

function sampleOf(usage: Usage, at: number): CapacitySample {
  const level = (name: 'cpus' | 'mem' | 'disk') => ({
    total: usage.total[name],
    used: usage.used[name],
    offered: usage.offered[name],
  })
  return { at, cpus: level('cpus'), mem: level('mem'), disk: level('disk') }
}
