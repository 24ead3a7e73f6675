/** The frame of every scenario: a cluster under its workload, faults, rest, judgement, and nothing left behind. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { errorMessage } from '@thermosphere/effects'
import type { Interval } from '@thermosphere/simulation'
import { Fleet } from '../parts/index.ts'
import type { FleetOptions } from '../parts/index.ts'
import { Workload } from '../workload/index.ts'
import type { WorkloadOptions } from '../workload/index.ts'
import { Observer } from './observer.ts'
import { seeded } from './random.ts'
import type { Outcome } from './report.ts'
import { judge } from './verdict.ts'

export type TrialOptions = {
  readonly seed: number
  readonly say: (line: string) => void
}

type Setup = TrialOptions & {
  readonly name: string
  readonly shape: Omit<FleetOptions, 'workDir'>
  readonly schedule: WorkloadOptions['schedule']
  readonly forgivenessMs: number
  readonly mayTellMissed?: boolean
}

export type Stage = {
  readonly fleet: Fleet
  readonly workload: Workload
  readonly observer: Observer
  readonly random: () => number
  readonly say: (line: string) => void
}

/** What the faults came to; filled in as they go, so that a failure in between loses nothing. */
export type Findings = {
  readonly counts: Record<string, number>
  readonly timesMs: Record<string, number[]>
  readonly outages: Interval[]
  /** Times that a clock of Chronos was ahead of: for a schedule they are an outage, and run when it is right no more. */
  readonly passedOver: Interval[]
  readonly violations: string[]
}

const startMsMax = 90_000
const restMsMax = 120_000
const keptLogs = fileURLToPath(new URL('../../../dist/tests/faults/', import.meta.url))

export async function runTrial(
  setup: Setup,
  faults: (stage: Stage, findings: Findings) => Promise<void>,
): Promise<Outcome> {
  const { name, seed, say, forgivenessMs, mayTellMissed = false } = setup
  const startedAt = Date.now()
  const workDir = mkdtempSync(`${tmpdir()}/thermosphere-faults-`)
  say(`${name}: seed ${seed}, ${workDir}`)
  const findings: Findings = { counts: {}, timesMs: {}, outages: [], passedOver: [], violations: [] }
  const fleet = await Fleet.start({ ...setup.shape, workDir })
  const workload = new Workload({ fleet, random: seeded(seed), schedule: setup.schedule })
  try {
    const observer = new Observer(fleet)
    await observer.allRecovered(startMsMax)
    await faults({ fleet, workload, observer, random: seeded(seed + 1), say }, findings).catch((error: unknown) =>
      findings.violations.push(errorMessage(error)),
    )
    const { outages, passedOver } = findings
    const rules = { outages, passedOver, forgivenessMs, mayTellMissed, restMsMax }
    const judged = await judge({ ...rules, fleet, workload, say })
    findings.violations.push(...judged.violations)
    Object.assign(findings.counts, judged.counts)
    findings.timesMs['rest after the last fault'] = [judged.restMs]
  } catch (error) {
    findings.violations.push(errorMessage(error))
  } finally {
    if (findings.violations.length > 0) fleet.keepLogs(`${keptLogs}${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${seed}`)
    await workload.close()
    await fleet.remove()
  }
  const { counts, timesMs, violations } = findings
  const started = new Date(startedAt).toISOString()
  return { name, seed, startedAt: started, durationMs: Date.now() - startedAt, counts, timesMs, violations }
}
