/** A whole cluster for a test. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { ClusterClock } from './clock/cluster-clock.ts'
import { Cluster } from './cluster.ts'
import type { Host } from './hosts/host.ts'
import { InProcessHost } from './hosts/in-process-host.ts'
import { ProcessHost } from './hosts/process-host.ts'
import { findInProcess } from './network/in-process-callers.ts'
import { Network } from './network/network.ts'
import { findAmong } from './network/process-callers.ts'
import { planParts } from './plan.ts'
import type { ClusterOptions, PlannedPart } from './plan.ts'

/** An agent of its own needs nothing but processes; the machine's Docker and cgroups are not a test's to use. */
const quickAgent = ['isolation=posix', 'containerizers=mesos']

function refuseContradictions({ mode, clock, store }: ClusterOptions): void {
  if (mode !== 'processes' && store !== undefined)
    throw new TypeError("an in-process cluster keeps its state in memory: leave `store` out, or give mode: 'processes'")
  if (mode === 'processes' && clock === 'virtual')
    throw new TypeError("processes go by the machine's clock: leave `clock` out, or give mode: 'in-process'")
}

type Made = { readonly host: Host; readonly network: Network; readonly clock: ClusterClock }

function makeInProcess(parts: ReadonlyMap<string, PlannedPart>, options: ClusterOptions, workDir: string): Made {
  const clock = new ClusterClock({ isVirtual: options.clock === 'virtual' })
  const network = new Network({ findCaller: findInProcess, onTraffic: clock.active })
  return { host: new InProcessHost({ parts, network, clock, workDir }), network, clock }
}

function makeProcesses(parts: ReadonlyMap<string, PlannedPart>, workDir: string): Made {
  const clock = new ClusterClock({ isVirtual: false })
  const network: Network = new Network({ findCaller: findAmong(() => host.pids()), onTraffic: clock.active })
  const host: ProcessHost = new ProcessHost({ parts, network, workDir })
  return { host, network, clock }
}

/**
 * Starts the real servers on free loopback ports and resolves when masters lead and agents have joined. The caller
 * closes the cluster, which leaves nothing behind.
 * @example
 * const cluster = await startCluster({ agents: 2, marathon: 1 })
 * t.after(() => cluster.close())
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  refuseContradictions(options)
  const workDir = await mkdtemp(`${tmpdir()}/thermosphere-cluster-`)
  await mkdir(`${workDir}/run`)
  const flags = { ...options.flags, agent: [...quickAgent, ...(options.flags?.agent ?? [])] }
  const parts = await planParts({ ...options, flags }, workDir)
  const made = options.mode === 'processes' ? makeProcesses(parts, workDir) : makeInProcess(parts, options, workDir)
  const cluster = new Cluster({ ...made, parts, close: () => rm(workDir, { recursive: true, force: true }) })
  try {
    await cluster.startAll()
  } catch (error) {
    await cluster.close()
    throw error
  }
  return cluster
}
