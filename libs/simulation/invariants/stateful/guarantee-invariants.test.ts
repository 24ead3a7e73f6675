import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SmallMaster } from '../small-master.ts'
import { GuaranteeInvariants } from './guarantee-invariants.ts'

class Watched {
  readonly reports: string[] = []
  readonly invariants = new GuaranteeInvariants(
    (invariant) => void this.reports.push(invariant),
    () => undefined,
  )
  readonly small = new SmallMaster(
    () => undefined,
    (master, _input, effects) => this.invariants.after(master, effects),
  )

  constructor() {
    this.small.join('cpus:4;mem:1024')
    const amounts = { cpus: { value: 2 } }
    const quota_configs = [{ role: 'r', guarantees: amounts, limits: amounts }]
    const call = { type: 'UPDATE_QUOTA' as const, update_quota: { force: true, quota_configs } }
    this.small.do({ type: 'operator-call', requestId: 1, call })
  }

  /** A framework that wants the role refuses what it is offered: nothing of it is offered again for long. */
  refuseOffer(): void {
    this.small.subscribe('f', 'r')
    this.small.allocate()
    const [offer] = this.small.master.offers.keys()
    const offer_ids = [{ value: offer ?? '' }]
    this.small.call('f', { type: 'DECLINE', decline: { offer_ids, filters: { refuse_seconds: 1_000 } } })
  }
}

suite('a guarantee', () => {
  test('is kept free while others are offered the rest', () => {
    const watched = new Watched()
    watched.small.subscribe('other', 'q')
    watched.small.allocate()
    watched.invariants.look(watched.small.master, 0)
    watched.invariants.look(watched.small.master, 60_000)
    assert.deepEqual(watched.reports, [])
  })

  test('that others are offered is noticed', () => {
    const watched = new Watched()
    const { allocator } = watched.small.master
    // As if there were none: the books of the master still have it.
    allocator.setQuota('r', undefined)
    watched.small.subscribe('other', 'q')
    watched.small.allocate()
    assert.deepEqual(watched.reports, ['guarantees-not-starved'])
  })

  test('that was taken back and given again is waited for anew', () => {
    const watched = new Watched()
    const { master } = watched.small
    watched.refuseOffer()
    watched.invariants.look(master, 0)
    const quota = master.quotas.get('r')
    master.quotas.delete('r')
    watched.invariants.look(master, 60_000)
    if (quota !== undefined) master.quotas.set('r', quota)
    watched.invariants.look(master, 90_000)
    watched.invariants.look(master, 110_000)
    assert.deepEqual(watched.reports, [])
    watched.invariants.look(master, 121_000)
    assert.deepEqual(watched.reports, ['guarantees-not-starved'])
  })

  test('that nobody offers is noticed, unless nobody wants it or has it', () => {
    const watched = new Watched()
    const { master } = watched.small
    watched.refuseOffer()
    watched.invariants.look(master, 0)
    watched.invariants.look(master, 20_000)
    watched.invariants.forget()
    watched.invariants.look(master, 40_000)
    assert.deepEqual(watched.reports, [])
    watched.invariants.look(master, 80_000)
    assert.deepEqual(watched.reports, ['guarantees-not-starved'])
    watched.small.call('f', { type: 'SUPPRESS' })
    watched.reports.length = 0
    watched.invariants.look(master, 200_000)
    assert.deepEqual(watched.reports, [])
  })
})
