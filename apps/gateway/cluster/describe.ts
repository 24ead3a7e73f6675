/** What the cluster is made of and whether its parts answer. */
import { z } from 'zod'
import { lookUpTimeoutMs } from '../limits.ts'
import type { Leader } from './leader.ts'
import type { Service } from './replicas.ts'

const versionSchema = z.looseObject({ version: z.string() })
const flagsSchema = z.object({ flags: z.looseObject({ cluster: z.string().optional() }) })

export type PartHealth = { readonly name: string; readonly url: string; readonly healthy: boolean }

async function probe(name: string, url: string, path: string): Promise<PartHealth> {
  try {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(lookUpTimeoutMs) })
    await answer.arrayBuffer()
    return { name, url, healthy: answer.ok }
  } catch {
    return { name, url, healthy: false }
  }
}

async function read<T>(leader: Leader, path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(await (await leader.read(path)).json())
  } catch {
    // Shown as unhealthy by its probe, or not for the gateway to see; the rest of the description still helps.
    return undefined
  }
}

export type DescribeOptions = {
  readonly leader: Leader
  readonly services: Readonly<Record<string, Service>>
  readonly version: string
}

export async function describeCluster({ leader, services, version }: DescribeOptions) {
  const master = await leader.url().catch(() => undefined)
  const parts = await Promise.all([
    ...(master === undefined ? [] : [probe('Master', master, '/health')]),
    ...Object.values(services).flatMap(({ name, replicas }) =>
      replicas.configured.map((url) => probe(name, url, '/ping')),
    ),
  ])
  const found = master === undefined ? undefined : await read(leader, '/flags', flagsSchema)
  const masterVersion = master === undefined ? undefined : await read(leader, '/version', versionSchema)
  return {
    name: found?.flags.cluster ?? 'thermosphere',
    version,
    mesosVersion: masterVersion?.version,
    leader: master,
    parts,
  }
}
