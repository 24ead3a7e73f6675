/**
 * A cluster of machines that are network namespaces: three masters, three members of etcd, five agents, two of each
 * framework. For each cell of the matrix a partition, a second fault, healing, and how long it takes until all works.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Network } from '../parts/index.ts'
import type { FleetOptions, Part } from '../parts/index.ts'
import { cutsOf, extras } from './cells.ts'
import type { Extra, Partition } from './cells.ts'
import type { Outcome } from './report.ts'
import { runTrial } from './trial.ts'
import type { Findings, Stage, TrialOptions } from './trial.ts'

export type PartitionsOptions = TrialOptions & {
  readonly partition: Partition
  readonly extras?: readonly Extra[]
  /** Full recovery after healing; times of jobs that come later must be kept. */
  readonly recoveryMsMax?: number
}

/** Longer than the lease, so that who is cut off loses it. */
const faultMs = 15_000
const recoveryMsMaxDefault = 30_000
/** From the end of the recovery to the next fault; some times of every job lie in between. */
const wholeMs = 15_000
const killEveryMs = 3_000
const skewMsMax = 3_600_000
const schedule = { jobs: 3, intervalSeconds: 3, epsilonSeconds: 4, durationSeconds: 0.2 }

const names = ['e1', 'e2', 'e3', 'm1', 'm2', 'm3', 'a1', 'a2', 'a3', 'a4', 'a5', 'f1', 'f2']
const letters = { etcd: 'e', master: 'm', agent: 'a', marathon: 'f', chronos: 'f' } as const

const clockFile = (workDir: string, part: string): string => `${workDir}/${part}.clock`
const preload = new URL('../parts/skewed-clock.ts', import.meta.url)

/** Ends when the fault is over, with what it did put right. Resolves to how far a clock of Chronos was ahead, in ms. */
async function putIn(extra: Extra, { fleet, random }: Stage): Promise<number> {
  const parts = fleet.of('master', 'agent', 'marathon', 'chronos')
  const draw = (): Part | undefined => parts[Math.floor(random() * parts.length)]
  const until = Date.now() + faultMs
  let aheadMs = 0
  if (extra === 'pause') {
    const part = draw()
    part?.pause()
    await delay(faultMs)
    part?.resume()
  } else if (extra === 'kill') {
    for (; Date.now() < until - killEveryMs; await delay(killEveryMs)) draw()?.kill()
  } else if (extra === 'clock skew') {
    const part = draw()
    const file = clockFile(fleet.workDir, part?.spec.name ?? '')
    const offsetMs = Math.round((random() * 2 - 1) * skewMsMax)
    if (part?.spec.kind === 'chronos') aheadMs = Math.max(0, offsetMs)
    writeFileSync(file, String(offsetMs))
    await delay(faultMs)
    writeFileSync(file, '0')
  }
  await delay(Math.max(0, until - Date.now()))
  return aheadMs
}

type Cell = {
  readonly partition: Partition
  readonly extra: Extra
  readonly network: Network
  readonly recoveryMsMax: number
}

async function runCell(stage: Stage, findings: Findings, cell: Cell): Promise<void> {
  const { fleet, observer, random, say } = stage
  const { partition, extra, network, recoveryMsMax } = cell
  const name = `${partition} + ${extra}`
  const leader = (await observer.leader('master'))?.spec.host.name ?? 'm1'
  const fromAt = Date.now()
  if (partition === 'bad links') network.spoil()
  else network.cut(cutsOf(partition, { machines: network.names, leader, random }))
  const aheadMs = await putIn(extra, stage)
  const during = await observer.broken()
  network.heal()
  const healedAt = Date.now()
  findings.outages.push({ fromAt, untilAt: healedAt + recoveryMsMax })
  if (aheadMs > 0) findings.passedOver.push({ fromAt, untilAt: healedAt + aheadMs })
  let broken: string | undefined
  await observer.allRecovered(recoveryMsMax).catch((error: unknown) => (broken = String(error)))
  const recoveredMs = Date.now() - healedAt
  ;(findings.timesMs[name] ??= []).push(recoveredMs)
  say(`${name}: ${during ?? 'worked'} during the fault; ${broken ?? `whole after ${recoveredMs} ms`}`)
  if (broken !== undefined) findings.violations.push(`${name}: ${broken}`)
  const crashed = fleet.parts.flatMap(({ spec, crashes }) => crashes.map((how) => `${spec.name} ${how}`))
  if (crashed.length > 0) say(`ended by themselves so far: ${crashed.join(', ')}`)
  await delay(Math.max(0, healedAt + recoveryMsMax + wholeMs - Date.now()))
}

const shapeOf = (network: Network): Omit<FleetOptions, 'workDir'> => ({
  masters: 3,
  agents: 5,
  marathons: 2,
  chronoses: 2,
  etcds: 3,
  hostOf: (kind, index) => network.host(`${letters[kind]}${index + 1}`),
  env: (part, workDir) => ({ NODE_OPTIONS: `--import=${preload.href}`, FAULT_CLOCK: clockFile(workDir, part) }),
  undo: network.undo(),
  // Of a list they would hear of a new leader only once the old one has been silent for long.
  findsLeaderInStore: true,
  // Agents count as unreachable after 6 s instead of 75 s, so that a short fault has all of its consequences.
  flags: { master: ['--agent_ping_timeout=2secs', '--max_agent_ping_timeouts=3'] },
})

/** All cells of one partition on one cluster. */
export async function runPartitions(options: PartitionsOptions): Promise<Outcome> {
  const { partition, recoveryMsMax = recoveryMsMaxDefault } = options
  const network = Network.create(names)
  try {
    const shape = shapeOf(network)
    const setup = { ...options, name: `partition: ${partition}`, shape, schedule, forgivenessMs: 5_000 }
    return await runTrial(setup, async (stage, findings) => {
      for (const extra of options.extras ?? extras) {
        await runCell(stage, findings, { partition, extra, network, recoveryMsMax })
        findings.counts['cells'] = (findings.counts['cells'] ?? 0) + 1
      }
    })
  } finally {
    network.remove()
  }
}
