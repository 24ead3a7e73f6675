import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@thermosphere/test-kit'
import { Fleet } from './agents/fleet.ts'
import { parseFleetFlags } from './config.ts'
import { FleetFramework } from './framework/fleet-framework.ts'
import { OwnMaster } from './own-master.ts'
import { PeriodReports } from './reports.ts'
import type { PeriodReport } from './reports.ts'

/** In a period of a machine that has no time for it nothing is launched. */
const patienceMs = 60_000

test('each report tells of its period, and what a collection has left of the heap of the master', async (t) => {
  const onFatal = (error: unknown): void => assert.ifError(error)
  const master = await OwnMaster.start({ store: 'sqlite', flags: ['allocation_interval=50ms'], signal: t.signal })
  // The last is closed first: a framework would take the end of its master for a failure.
  const open = new AsyncDisposableStack()
  t.after(() => open.disposeAsync())
  open.defer(() => master.close())
  const { failures, resources } = parseFleetFlags([])
  const shared = { masters: [master.address], agents: 5, onFatal }
  const fleet = new Fleet({ ...shared, resources, speed: 1, failures, seed: 1 })
  open.defer(() => fleet.close())
  await Promise.all([fleet.start(), fleet.untilRegistered()])
  const framework = new FleetFramework({ ...shared, tasks: 20, command: 'sleep 0.2', launchRate: 10 })
  framework.start()
  open.defer(() => framework.close())
  await eventually('tasks have run', () => framework.launched.count > 0)

  const reports: PeriodReport[] = []
  const enough = new AbortController()
  const isBusy = ({ launchesASecond, endsASecond, acknowledgedMs }: PeriodReport): boolean =>
    launchesASecond > 0 && endsASecond > 0 && (acknowledgedMs?.p99 ?? 0) > 0
  const report = (one: PeriodReport): void => {
    if (reports.push(one) >= 2 && reports.some(isBusy)) enough.abort()
  }
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(patienceMs)])
  await new PeriodReports({ fleet, framework, master, everyMs: 2_000, report }).run(signal)
  assert.ok(reports.length >= 2 && reports.some(isBusy), JSON.stringify(reports))
  assert.deepEqual(
    reports.map((one) => one.report),
    reports.map((_, index) => index + 1),
  )
  for (const { registeredAgents, failedTasks, master: ofMaster } of reports) {
    assert.deepEqual({ registeredAgents, failedTasks }, { registeredAgents: 5, failedTasks: 0 })
    assert.ok((ofMaster?.openFiles ?? 0) >= 5, `${ofMaster?.openFiles} open files`)
    assert.ok((ofMaster?.liveHeapMib ?? 0) > 5 && (ofMaster?.liveHeapMib ?? Infinity) < (ofMaster?.rssMib ?? 0))
  }
})
