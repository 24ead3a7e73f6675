import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SmallMaster } from '../small-master.ts'
import { RegistryInvariants } from './registry-invariants.ts'

/** A registry that writes one agent's record again and again. */
class Watched {
  readonly reports: string[] = []
  now = 1_000_000
  readonly invariants = new RegistryInvariants({
    report: (invariant) => void this.reports.push(invariant),
    now: () => this.now,
    count: () => undefined,
    hostOf: () => undefined,
  })

  write(record: { readonly deactivated: boolean; readonly drain?: string }, list = 'admitted'): void {
    const { deactivated, drain } = record
    const value = JSON.stringify({ deactivated, ...(drain !== undefined && { drain: { state: drain } }) })
    const other = list === 'admitted' ? 'unreachable' : 'admitted'
    this.invariants.onApplied([
      { type: 'put', key: `master/agents/${list}/a`, value },
      { type: 'delete', key: `master/agents/${other}/a` },
    ])
  }

  remove(): void {
    this.invariants.onApplied([{ type: 'delete', key: 'master/agents/admitted/a' }])
  }
}

suite('records of agents', () => {
  test('one that is drained stays so until an operator asks for it to be used again', () => {
    const watched = new Watched()
    watched.write({ deactivated: true, drain: 'DRAINING' })
    watched.write({ deactivated: true, drain: 'DRAINED' })
    watched.write({ deactivated: true, drain: 'DRAINED' }, 'unreachable')
    assert.deepEqual(watched.reports, [])
    watched.invariants.onReactivate('a')
    watched.write({ deactivated: false })
    assert.deepEqual(watched.reports, [])
    watched.now += 100_001
    watched.write({ deactivated: true, drain: 'DRAINING' })
    watched.write({ deactivated: true, drain: 'DRAINED' })
    watched.write({ deactivated: false })
    assert.equal(watched.reports[0], 'drained-survives-failover')
  })

  test('one may be active again whose reactivation was asked for before its deactivation was written', () => {
    const watched = new Watched()
    watched.write({ deactivated: false })
    watched.invariants.onReactivate('a')
    watched.now += 100_000
    watched.write({ deactivated: true })
    watched.write({ deactivated: false })
    assert.deepEqual(watched.reports, [])
  })

  test('one that was removed may come back as a new one', () => {
    const watched = new Watched()
    watched.write({ deactivated: true, drain: 'DRAINED' })
    watched.remove()
    watched.write({ deactivated: false })
    assert.deepEqual(watched.reports, [])
  })

  test('a master that takes an agent for drained before the registry does is noticed', () => {
    const watched = new Watched()
    const small = new SmallMaster(
      () => undefined,
      (master) => watched.invariants.look(master),
    )
    small.join('cpus:2;mem:128')
    const [agent] = small.master.agents.values()
    assert.ok(agent)
    agent.drain = { state: 'DRAINED', config: {} }
    small.allocate()
    assert.deepEqual(watched.reports, ['drained-survives-failover'])
    watched.invariants.onApplied([
      {
        type: 'put',
        key: `master/agents/admitted/${agent.id}`,
        value: '{"deactivated":true,"drain":{"state":"DRAINED"}}',
      },
    ])
    small.allocate()
    assert.equal(watched.reports.length, 1)
  })

  test('a master that uses what the registry has as drained is noticed', () => {
    const watched = new Watched()
    watched.write({ deactivated: true, drain: 'DRAINED' })
    watched.invariants.onKnown('a', { deactivated: true, drainState: 'DRAINED' })
    assert.deepEqual(watched.reports, [])
    watched.invariants.onKnown('a', { deactivated: true, drainState: undefined })
    watched.invariants.onKnown('a', { deactivated: false, drainState: 'DRAINED' })
    assert.deepEqual(watched.reports, ['drained-survives-failover', 'drained-survives-failover'])
  })
})
