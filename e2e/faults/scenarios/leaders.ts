/** kill -9 of the leading master of three under load, and of what its recovery consists. */
import { eventually } from '@thermosphere/test-kit'
import { setTimeout as delay } from 'node:timers/promises'
import { LogTail } from '../parts/index.ts'
import type { Outcome } from './report.ts'
import { group, schedule } from './shapes.ts'
import { runTrial } from './trial.ts'
import type { Findings, Stage, TrialOptions } from './trial.ts'

export type LeadersOptions = TrialOptions & { readonly kills: number }

/** With a lease of ten seconds. */
const recoveryMsMax = 15_000
const waitMsMax = 60_000
const pauseMs = 1_000

async function killLeader({ fleet, observer, say }: Stage, { timesMs, violations }: Findings): Promise<void> {
  const leader = await eventually('a master leads', () => observer.leader('master'))
  const tail = new LogTail(fleet.of('master'))
  const killedAt = Date.now()
  leader.kill()
  const elected = await eventually(
    'a master is elected',
    () => tail.events().find(({ event }) => event === 'leader.elected'),
    waitMsMax,
  )
  await observer.allRecovered(waitMsMax)
  const wholeAt = Date.now()
  const goneAt = tail.events().find(({ event, part }) => event === 'leader.gone' && part !== leader)?.at ?? elected.at
  const detectedAt = Math.min(goneAt, elected.at)
  const parts = {
    'detection: the lease runs out': detectedAt - killedAt,
    'election: another has won': elected.at - detectedAt,
    're-registration: all agents and frameworks are back': wholeAt - elected.at,
    together: wholeAt - killedAt,
  }
  for (const [what, ms] of Object.entries(parts)) (timesMs[what] ??= []).push(ms)
  say(`${leader.spec.name} killed, ${elected.part.spec.name} elected: ${Object.values(parts).join(', ')} ms`)
  if (wholeAt - killedAt > recoveryMsMax)
    violations.push(`${wholeAt - killedAt} ms passed until the cluster worked without ${leader.spec.name}`)
}

export function runLeaderKills({ kills, ...options }: LeadersOptions): Promise<Outcome> {
  const setup = { ...options, name: 'leader killed', shape: group, schedule, forgivenessMs: 5_000 }
  return runTrial(setup, async (stage, findings) => {
    for (let index = 0; index < kills; index += 1) {
      await delay(pauseMs)
      await killLeader(stage, findings)
      findings.counts['leaders killed'] = index + 1
    }
  })
}
