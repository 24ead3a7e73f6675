import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@thermosphere/test-kit'
import { Fleet } from './agents/fleet.ts'
import { parseFleetFlags } from './config.ts'
import { FleetFramework } from './framework/fleet-framework.ts'
import { OwnMaster } from './own-master.ts'
import { PeriodReports } from './reports.ts'
import type { PeriodReport } from './reports.ts'

test('each report tells of its period, and what a collection has left of the heap of the master', async (t) => {
  const onFatal = (error: unknown): void => assert.ifError(error)
  const master = await OwnMaster.start({ store: 'sqlite', flags: ['allocation_interval=50ms'], signal: t.signal })
  t.after(() => master.close())
  const { failures, resources } = parseFleetFlags([])
  const shared = { masters: [master.address], agents: 5, onFatal }
  const fleet = new Fleet({ ...shared, resources, speed: 1, failures, seed: 1 })
  t.after(() => fleet.close())
  await Promise.all([fleet.start(), fleet.untilRegistered()])
  const framework = new FleetFramework({ ...shared, tasks: 20, command: 'sleep 0.2', launchRate: 10 })
  framework.start()
  t.after(() => framework.close())
  await eventually('tasks have run', () => framework.launched.count > 0)

  const reports: PeriodReport[] = []
  const enough = new AbortController()
  const report = (one: PeriodReport): void => {
    if (reports.push(one) === 2) enough.abort()
  }
  await new PeriodReports({ fleet, framework, master, everyMs: 4_000, report }).run(enough.signal)
  assert.deepEqual(
    reports.map((one) => one.report),
    [1, 2],
  )
  assert.ok(reports.some(({ launchesASecond, endsASecond }) => launchesASecond > 0 && endsASecond > 0))
  assert.ok(reports.some(({ acknowledgedMs }) => (acknowledgedMs?.p99 ?? 0) > 0))
  for (const { registeredAgents, failedTasks, master: ofMaster } of reports) {
    assert.deepEqual({ registeredAgents, failedTasks }, { registeredAgents: 5, failedTasks: 0 })
    assert.ok((ofMaster?.openFiles ?? 0) >= 5, `${ofMaster?.openFiles} open files`)
    assert.ok((ofMaster?.liveHeapMib ?? 0) > 5 && (ofMaster?.liveHeapMib ?? Infinity) < (ofMaster?.rssMib ?? 0))
  }
})
