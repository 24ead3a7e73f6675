import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SmallMaster } from '../small-master.ts'
import { InverseOfferInvariants } from './inverse-offer-invariants.ts'

/** A framework has an offer of an agent whose machine is to be maintained. */
class Watched {
  readonly reports: string[] = []
  readonly invariants = new InverseOfferInvariants((_invariant, message) => void this.reports.push(message))
  readonly small = new SmallMaster(
    () => undefined,
    () => undefined,
  )

  constructor() {
    this.small.join('cpus:2;mem:128')
    this.small.subscribe('f', 'r')
    this.small.allocate()
    const unavailability = { start: { nanoseconds: 0n } }
    const schedule = { windows: [{ machine_ids: [{ hostname: 'h' }], unavailability }] }
    const call = { type: 'UPDATE_MAINTENANCE_SCHEDULE' as const, update_maintenance_schedule: { schedule } }
    this.small.do({ type: 'operator-call', requestId: 1, call })
    this.small.allocate()
  }

  get outstanding(): string[] {
    return [...this.small.master.inverseOffers.keys()]
  }

  answer(): void {
    const inverse_offer_ids = this.outstanding.map((value) => ({ value }))
    this.small.call('f', { type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids } })
  }

  look(...times: readonly number[]): string[] {
    for (const at of times) this.invariants.look(this.small.master, at)
    return this.reports
  }
}

suite('a framework that is to leave an agent', () => {
  test('is asked once, and its answer counts for some time', () => {
    const watched = new Watched()
    assert.equal(watched.outstanding.length, 1)
    assert.deepEqual(watched.look(0, 60_000), [])
    watched.answer()
    assert.equal(watched.outstanding.length, 0)
    assert.deepEqual(watched.look(61_000, 120_000), [])
  })

  test('is asked anew when its answer counts no longer', () => {
    const watched = new Watched()
    watched.answer()
    watched.small.master.inverseFilters.clear()
    assert.deepEqual(watched.look(0, 5_000), [])
    const [agentId] = watched.small.master.agents.keys()
    const frameworkId = watched.small.master.streams.get('f')
    assert.deepEqual(watched.look(5_001), [`nobody asks ${frameworkId} to leave ${agentId}`])
  })

  test('is not asked by a master that sleeps or leads no more, nor while it is away', () => {
    const watched = new Watched()
    watched.answer()
    watched.small.master.inverseFilters.clear()
    watched.look(0)
    watched.invariants.lookAway(watched.small.master)
    assert.deepEqual(watched.look(6_000), [])
    watched.small.do({ type: 'stream-closed', streamId: 'f' })
    assert.deepEqual(watched.look(12_000), [])
  })
})
