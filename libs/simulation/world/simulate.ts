/** Runs a scenario from its beginning to the time when everything is whole and quiet again. */
import type { Master } from '@thermosphere/master-core'
import { LOOP_LIMITS } from '@thermosphere/service-kit'
import { ScenarioActions } from './actions.ts'
import { Cluster } from './cluster.ts'
import type { ClusterOptions } from './cluster.ts'
import { Faults } from './faults.ts'
import type { SimProcess } from '../kernel/index.ts'
import type { Violation } from './report.ts'
import { absent, disagreements } from './unsettled.ts'

export type Outcome = {
  readonly violation: Violation | undefined
  readonly hash: string
  readonly lines: readonly string[]
  readonly virtualMs: number
  readonly events: number
  readonly steps: number
  readonly counts: Readonly<Record<string, number>>
}

/** Everybody is back within that long: an agent's registration is repeated at least every 61 s. */
const returnMsMax = 100_000
/** An update whose acknowledgement was lost is sent again within 10 minutes. */
const settleMsMax = 900_000
/** Deployments end and kills are repeated within that long. */
const convergeMsMax = 300_000
/** How long every time of a schedule is watched for at the end. */
const quietMs = 120_000
/** How long is waited for a time that a clock of Chronos told before it came: until then schedules may stand still. */
const catchUpMsMax = 300_000
const lookMs = 500

export async function simulate(options: ClusterOptions): Promise<Outcome> {
  const cluster = new Cluster(options)
  await run(cluster)
  const { time, trace, counters, violation } = cluster
  counters.add('unknown outcomes', cluster.store.unknownCount)
  counters.add('refused writes', cluster.store.refusedCount)
  counters.add('orphans ended', cluster.taskInvariants.orphanCount)
  counters.add('updates told', cluster.taskInvariants.updateCount)
  time.end()
  return {
    violation,
    hash: trace.hash,
    lines: trace.lines,
    virtualMs: cluster.elapsedMs,
    events: time.eventCount,
    steps: cluster.masterInvariants.stepCount,
    counts: counters.toObject(),
  }
}

async function run(cluster: Cluster): Promise<void> {
  const { scenario, time } = cluster
  const faults = new Faults(cluster)
  const actions = new ScenarioActions(cluster)
  for (const fault of scenario.faults) time.after(fault.at, () => faults.inject(fault))
  for (const action of scenario.actions) time.after(action.at, () => actions.perform(action))
  cluster.orchestration.start()
  look(cluster)
  const goesOn = (): boolean => cluster.violation === undefined
  const startAt = time.now
  await time.runUntil(startAt + scenario.durationMs, goesOn)
  if (!goesOn()) return
  cluster.log('everything is whole again')
  const healedAt = time.now
  faults.heal()
  cluster.orchestration.heal()
  if (scenario.isStateful) cluster.operator.bringUp()
  await settle(cluster, { problems: absent, msMax: returnMsMax })
  await settle(cluster, { problems: disagreements, msMax: settleMsMax })
  await settle(cluster, { problems: ({ orchestration }) => orchestration.problems(), msMax: convergeMsMax })
  if (!goesOn() || scenario.sizes.chronos === 0) return
  // A loop that sleeps notices within so long that its clock was set right.
  const noticedAt = healedAt + LOOP_LIMITS.timerSleepMsMax
  const fromAt = Math.max(time.now, noticedAt, cluster.orchestration.latestTime)
  await time.runUntil(Math.min(fromAt, time.now + catchUpMsMax), goesOn)
  const quietFrom = Math.max(time.now, fromAt)
  await time.runUntil(time.now + quietMs, goesOn)
  if (goesOn()) cluster.orchestration.checkWindows({ quietFrom })
}

type Goal = { readonly problems: (cluster: Cluster) => Iterable<Violation>; readonly msMax: number }

/** Waits until there is no problem left; the one that stays is a violation. */
async function settle(cluster: Cluster, { problems, msMax }: Goal): Promise<void> {
  const { time } = cluster
  const until = time.now + msMax
  for (;;) {
    if (cluster.violation !== undefined) return
    const [problem] = problems(cluster)
    if (problem === undefined) return
    if (time.now >= until)
      return cluster.report(problem.invariant, `${problem.message}, ${msMax / 1000} s after healing`)
    await time.runUntil(time.now + lookMs, () => cluster.violation === undefined)
  }
}

/** Looks now and then at what no step shows. */
function look(cluster: Cluster): void {
  for (const [name, host] of cluster.masters) {
    const process = cluster.members.get(name)?.process
    if (process === undefined) continue
    cluster.leaderInvariants.look(process, host.term)
    lookAtLeader(cluster, process, host.term?.master)
  }
  const leader = awakeLeader(cluster)
  for (const [name, { state }] of cluster.agents) {
    const [process, machine] = [cluster.members.get(name)?.process, cluster.machines.get(name)]
    if (process === undefined || machine === undefined) continue
    cluster.updateInvariants.look({ process, machine, state })
    cluster.volumeInvariants.check(state, machine)
    cluster.revocableInvariants.look({ process, machine, state }, leader)
    cluster.drainInvariants.look({ process, machine, state }, leader)
  }
  for (const [process, term] of cluster.orchestration.terms()) cluster.leaderInvariants.look(process, term)
  cluster.time.after(lookMs, () => look(cluster))
}

function awakeLeader(cluster: Cluster): Master | undefined {
  const term = cluster.leader()
  const process = term && cluster.members.get(cluster.store.holder('master')?.by ?? '')?.process
  return process?.isUp === true && !process.isPaused ? term?.master : undefined
}

function lookAtLeader(cluster: Cluster, process: SimProcess, master: Master | undefined): void {
  if (master === undefined) return
  const leads = cluster.leader()?.master === master && process.isUp && !process.isPaused
  for (const invariants of [cluster.masterInvariants, cluster.inverseOfferInvariants]) {
    if (leads) invariants.look(master, cluster.time.now)
    else invariants.lookAway(master)
  }
}
