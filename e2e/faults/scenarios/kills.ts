/** kill -9 of masters, agents, Marathon and Chronos at random moments of a mixed workload. */
import { setTimeout as delay } from 'node:timers/promises'
import type { PartKind } from '../parts/index.ts'
import type { Outcome } from './report.ts'
import { eagerGroup, schedule, single } from './shapes.ts'
import { runTrial } from './trial.ts'
import type { Findings, Stage, TrialOptions } from './trial.ts'

export type KillsOptions = TrialOptions & {
  readonly kills: number
  readonly store: 'sqlite' | 'etcd'
}

const kinds: readonly Exclude<PartKind, 'etcd'>[] = ['master', 'agent', 'marathon', 'chronos']
/** A cluster that has just recovered is hit again after at most so long. */
const pauseMsMax = 2_000
const shapes = { sqlite: single, etcd: eagerGroup }

/** Resolves with how long the recovery took. */
async function killOne({ fleet, observer, random }: Stage, kind: (typeof kinds)[number]): Promise<number> {
  const parts = fleet.of(kind)
  const leader = kind === 'agent' ? undefined : await observer.leader(kind)
  const drawn = parts[Math.floor(random() * parts.length)]
  // Standbys have little to lose: two of three kills hit the leader.
  const part = leader !== undefined && random() < 0.67 ? leader : drawn
  if (part === undefined) throw new Error(`no ${kind} to kill`)
  observer.markDown(part)
  const killed = { at: Date.now(), wasLeading: parts.length === 1 || part === leader }
  part.kill()
  const ms = await observer.recovered(part, killed)
  observer.markUp(part)
  return ms
}

/** Each kind is hit again as soon as it has recovered, beside the others. */
export function runKills({ kills, store, ...options }: KillsOptions): Promise<Outcome> {
  const setup = {
    ...options,
    name: `kills ${store}`,
    shape: shapes[store],
    schedule,
    forgivenessMs: 5_000,
    mayTellMissed: true,
  }
  return runTrial(setup, async (stage, { counts, timesMs }: Findings) => {
    counts['kills'] = 0
    let begun = 0
    const hit = async (kind: (typeof kinds)[number]): Promise<void> => {
      while (begun < kills) {
        begun += 1
        await delay(stage.random() * pauseMsMax)
        const times = (timesMs[kind] ??= [])
        times.push(await killOne(stage, kind))
        counts['kills'] = (counts['kills'] ?? 0) + 1
        if (counts['kills'] % 20 === 0) stage.say(`${counts['kills']} kills`)
      }
    }
    await Promise.all(kinds.map(hit))
  })
}
