import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { SmallMaster } from '../small-master.ts'
import { RevocableOffers } from './revocable-offers.ts'

const revocable = (value: number): mesos.Resource[] =>
  value === 0 ? [] : [{ name: 'cpus', type: 'SCALAR', scalar: { value }, revocable: {} }]

class Watched {
  readonly reports: string[] = []
  readonly invariants = new RevocableOffers((invariant) => void this.reports.push(invariant))
  readonly small = new SmallMaster(
    (master, input) => this.invariants.before(master, input),
    (master, input, effects) => {
      this.invariants.hear(master, input)
      for (const agent of master.agents.values()) this.invariants.checkAgent(agent)
      this.invariants.checkEffects(master, effects)
    },
  )

  /** A framework that takes revocable resources, and an agent with four cpus and two more to spare. */
  constructor() {
    this.small.subscribeAs('f', { roles: ['r'], capabilities: ['REVOCABLE_RESOURCES'] })
    this.small.join('cpus:4;mem:256')
    this.tell(2)
    this.small.allocate()
  }

  get agent() {
    const [agent] = this.small.master.agents.values()
    assert.ok(agent)
    return agent
  }

  get offered(): number {
    return [...this.agent.offers].reduce((sum, { resources }) => sum + resources.revocable().scalar('cpus'), 0)
  }

  /** The one that has some. */
  get offer() {
    const offer = [...this.agent.offers].find(({ resources }) => !resources.revocable().isEmpty())
    assert.ok(offer)
    return offer
  }

  tell(cpus: number): void {
    const update_agent = { oversubscribed: { resources: revocable(cpus) } }
    this.small.do({ type: 'link-message', linkId: 1, message: { type: 'UPDATE_AGENT', update_agent } })
  }

  launch(cpus: number): void {
    const offer_ids = [...this.agent.offers].map(({ id }) => ({ value: id }))
    const firm = Resources.parse('mem:64').toWire()
    const resources = [...revocable(cpus), ...firm].map((one) => ({ ...one, allocation_info: { role: 'r' } }))
    const task = { name: 't', task_id: { value: 't' }, agent_id: { value: this.agent.id }, resources }
    const operation = { type: 'LAUNCH' as const, launch: { task_infos: [{ ...task, command: { value: 'true' } }] } }
    const accept = { offer_ids, operations: [operation] }
    this.small.call('f', { type: 'ACCEPT', accept })
    assert.equal(this.agent.tasks.size, 1)
  }
}

suite('revocable resources in the books of a master', () => {
  test('are what was told, and more than that is in use only where it was launched before', () => {
    const watched = new Watched()
    assert.equal(watched.offered, 2_000)
    watched.launch(2)
    watched.tell(1)
    watched.small.allocate()
    assert.equal(watched.offered, 0)
    assert.deepEqual(watched.reports, [])
  })

  test('are reported when they are not what was told, when too much is on offer, and when it is launched then', () => {
    const watched = new Watched()
    const { agent } = watched
    const total = agent.total
    agent.total = agent.total.nonRevocable()
    watched.invariants.checkAgent(agent)
    assert.deepEqual(watched.reports, ['revocable-within-what-was-told'])
    agent.total = total
    watched.reports.length = 0
    const { offer } = watched
    watched.tell(1)
    assert.deepEqual(watched.reports, [])
    // As if it had not been rescinded.
    agent.offers.add(offer)
    watched.invariants.checkAgent(agent)
    assert.deepEqual(watched.reports, ['revocable-within-what-was-told'])
  })

  test('are reported when a task is launched on more than was told', () => {
    const watched = new Watched()
    const messages: string[] = []
    const other = new RevocableOffers((_invariant, message) => void messages.push(message))
    const update_agent = { oversubscribed: { resources: revocable(1) } }
    const message = { type: 'UPDATE_AGENT' as const, update_agent }
    other.hear(watched.small.master, { type: 'link-message', linkId: 1, message })
    assert.ok(!messages.some((text) => text.startsWith('t is launched')))
    watched.launch(2)
    other.checkAgent(watched.agent)
    assert.ok(messages.some((text) => text.startsWith('t is launched')))
  })

  test('are offered to those alone who said last that they take them', () => {
    const watched = new Watched()
    const info = watched.small.master.frameworks.values().next().value?.info
    const framework_info = { user: 'root', name: 'f', ...info, capabilities: [{ type: 'MULTI_ROLE' as const }] }
    const agent_id = { value: watched.agent.id }
    const offer = { id: { value: 'o' }, framework_id: { value: 'f' }, agent_id, hostname: 'h', resources: revocable(1) }
    const offers = { type: 'OFFERS' as const, offers: { offers: [offer] } }
    const { master } = watched.small
    watched.invariants.checkEffects(master, [{ type: 'event', streamId: 'f', event: offers }])
    assert.deepEqual(watched.reports, [])
    watched.small.call('f', { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } })
    watched.invariants.checkEffects(master, [{ type: 'event', streamId: 'f', event: offers }])
    assert.deepEqual(watched.reports, ['revocable-offered-to-takers'])
  })
})
