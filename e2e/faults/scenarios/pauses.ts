/** SIGSTOP of a leader past its lease, then SIGCONT: what it still wants to write must not count. */
import { eventually } from '@thermosphere/test-kit'
import { setTimeout as delay } from 'node:timers/promises'
import type { Part } from '../parts/index.ts'
import { Caller, keptApp, keptJob } from '../workload/index.ts'
import type { WriteRequest } from '../workload/index.ts'
import type { Outcome } from './report.ts'
import { group, schedule } from './shapes.ts'
import { runTrial } from './trial.ts'
import type { Findings, Stage, TrialOptions } from './trial.ts'

export type PausesOptions = TrialOptions & { readonly pauses: number }

type Kind = 'master' | 'marathon' | 'chronos'

/** The lease and five seconds. */
const pauseMs = 15_000
const lateMs = 13_000
const lateCount = 5
const agreeMsMax = 15_000
const recoveryMsMax = 60_000

/** A write that waits in the socket of a stopped leader and is read when it goes on. */
function lateWrite(kind: Kind, name: string): WriteRequest {
  if (kind === 'marathon') return keptApp({ name: `/${name}`, value: name })
  if (kind === 'chronos') return keptJob({ name, value: name })
  const value = String(1 + Math.floor(Math.random() * 1000))
  const update_weights = { weight_infos: [{ role: name, weight: Number(value) }] }
  const body = { type: 'UPDATE_WEIGHTS', update_weights }
  return { subject: `weight ${name}`, value, method: 'POST', path: '/api/v1', body }
}

/** All of the group name one leader; the time until then. */
async function agreement({ fleet, observer }: Stage, kind: Kind): Promise<number> {
  const from = Date.now()
  await eventually(
    `one ${kind} leads for all`,
    async () => {
      const named = await Promise.all(fleet.of(kind).map((part) => observer.leaderAccordingTo(part)))
      return named.every((port) => port !== undefined && port === named[0])
    },
    agreeMsMax,
  )
  return Date.now() - from
}

async function pauseLeader(stage: Stage, findings: Findings, kind: Kind): Promise<void> {
  const { fleet, observer, workload, random, say } = stage
  const leader: Part = await eventually(`a ${kind} leads`, () => observer.leader(kind))
  const isAlone = fleet.of(kind).length === 1
  const pausedAt = Date.now()
  leader.pause()
  const caller = new Caller([leader.url], { timeoutMs: 30_000 })
  const resume = delay(pauseMs).then(() => leader.resume())
  const successor = isAlone
    ? Promise.resolve()
    : eventually(`another ${kind} leads`, async () => {
        const next = await observer.leader(kind, leader)
        if (next === undefined || next === leader) return false
        ;(findings.timesMs[`another ${kind} leads`] ??= []).push(Date.now() - pausedAt)
        return true
      })
  await delay(lateMs)
  const late = Array.from({ length: lateCount }, () =>
    workload.history.write(caller, lateWrite(kind, `late-${Math.floor(random() * 1e9)}`)),
  )
  await resume
  await successor
  const outcomes = (await Promise.all(late)).map(({ outcome, status }) => `${outcome} ${status ?? ''}`.trim())
  ;(findings.timesMs[`all agree on one ${kind} again`] ??= []).push(await agreement(stage, kind))
  await observer.allRecovered(recoveryMsMax)
  for (const outcome of outcomes) {
    const what = `late writes at the ${kind}: ${outcome}`
    findings.counts[what] = (findings.counts[what] ?? 0) + 1
  }
  say(`${leader.spec.name} was paused; late writes: ${outcomes.join(', ')}`)
}

export function runPauses({ pauses, ...options }: PausesOptions): Promise<Outcome> {
  const setup = { ...options, name: 'leader paused', shape: group, schedule, forgivenessMs: 5_000 }
  const kinds: readonly Kind[] = ['master', 'marathon', 'chronos']
  return runTrial(setup, async (stage, findings) => {
    for (let index = 0; index < pauses; index += 1) {
      await pauseLeader(stage, findings, kinds[index % kinds.length] ?? 'master')
      findings.counts['leaders paused'] = index + 1
    }
  })
}
