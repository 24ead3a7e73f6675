import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Effect } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { SmallMaster } from '../small-master.ts'
import { OfferInvariants } from './offer-invariants.ts'

class Watched {
  readonly reports: string[] = []
  readonly invariants = new OfferInvariants((invariant) => void this.reports.push(invariant))
  readonly small = new SmallMaster(
    (master, input) => this.invariants.before(master, input),
    (master, input, effects) => this.invariants.after(master, input, effects),
  )

  get agentId(): string {
    return [...this.small.master.agents.keys()][0] ?? ''
  }

  /** What a master with a bug would say. */
  say(...effects: readonly Effect[]): readonly string[] {
    this.invariants.after(this.small.master, { type: 'timer', key: 'allocation' }, effects)
    return this.reports
  }

  offer(role: string, resources: readonly mesos.Resource[]): Effect {
    const framework_id = { value: this.small.master.streams.get('f') ?? '' }
    const agent_id = { value: this.agentId }
    const allocation_info = { role }
    const one = {
      id: { value: 'o' },
      hostname: 'h',
      framework_id,
      agent_id,
      allocation_info,
      resources: [...resources],
    }
    return { type: 'event', streamId: 'f', event: { type: 'OFFERS', offers: { offers: [one] } } }
  }
}

const reserved = Resources.parse('disk:64').pushReservation({ type: 'DYNAMIC', role: 'r' })

suite('offers', () => {
  test('of what is reserved go to the role and those below it', () => {
    const watched = new Watched()
    watched.small.subscribe('f', 'r', 'r/s', 'q')
    watched.small.join('cpus:2;mem:128;disk:64', reserved)
    watched.small.allocate()
    assert.ok(watched.small.master.offers.size > 0)
    assert.deepEqual(watched.say(watched.offer('r/s', reserved.toWire())), [])
    assert.deepEqual(watched.say(watched.offer('q', reserved.toWire())), ['reservations-offered-to-their-role'])
    const volume: mesos.Resource = {
      name: 'disk',
      type: 'SCALAR',
      scalar: { value: 64 },
      reservations: [{ type: 'DYNAMIC', role: 'r' }],
      disk: { persistence: { id: 'v' }, volume: { container_path: 'data', mode: 'RW' } },
    }
    assert.equal(watched.say(watched.offer('q', [volume])).at(-1), 'volumes-offered-to-their-role')
  })

  test('end with the role that is left', () => {
    const watched = new Watched()
    watched.small.subscribe('f', 'r', 'q')
    watched.small.join('cpus:2;mem:128')
    watched.small.allocate()
    const framework_info = { ...watched.small.master.frameworks.values().next().value?.info, roles: ['q'] }
    const info = { user: 'root', name: 'f', ...framework_info }
    watched.small.call('f', { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: info } })
    watched.small.allocate()
    assert.deepEqual(watched.reports, [])
    assert.deepEqual(watched.say(watched.offer('r', [])), ['left-roles-get-no-offers'])
  })

  test('of an agent end once it is deactivated, and nobody is asked to leave an agent without reason', () => {
    const watched = new Watched()
    watched.small.subscribe('f', 'r')
    watched.small.join('cpus:2;mem:128')
    watched.small.allocate()
    const agent_id = { value: watched.agentId }
    const [offer] = watched.small.master.offers.values()
    assert.ok(offer)
    const call = { type: 'DEACTIVATE_AGENT' as const, deactivate_agent: { agent_id } }
    watched.small.do({ type: 'operator-call', requestId: 1, call })
    assert.deepEqual(watched.reports, [])
    assert.deepEqual(watched.say(watched.offer('r', [])), ['nothing-launched-on-draining-agents'])
    // As if it had not been rescinded.
    watched.reports.length = 0
    watched.small.master.offers.set(offer.id, offer)
    assert.deepEqual(watched.say(), ['nothing-launched-on-draining-agents'])
    watched.small.master.offers.delete(offer.id)
    watched.reports.length = 0
    const framework_id = { value: watched.small.master.streams.get('f') ?? '' }
    const unavailability = { start: { nanoseconds: 0n } }
    const inverse = { id: { value: 'i' }, framework_id, agent_id, unavailability }
    const event = { type: 'INVERSE_OFFERS' as const, inverse_offers: { inverse_offers: [inverse] } }
    const reports = watched.say({ type: 'event', streamId: 'f', event })
    assert.ok(reports.includes('inverse-offers-to-those-concerned'))
  })
})
