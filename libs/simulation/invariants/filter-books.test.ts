import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { createMaster, emptyRegistry, step } from '@thermosphere/master-core'
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import { masterConfig } from '../hosts/master/master-config.ts'
import { FilterBooks } from './filter-books.ts'

const startAt = 1_000_000
const streamId = 'stream'

/** A real master with one framework and one agent, and the books that watch it. */
class Watched {
  readonly reports: string[] = []
  /** How far the clock of the host is ahead of the true time. */
  aheadMs = 0
  readonly #books = new FilterBooks(
    (invariant) => void this.reports.push(invariant),
    () => this.#elapsed,
  )
  #elapsed = 0
  readonly #offers: string[] = []
  readonly master: Master

  constructor() {
    const info = { id: 'M', ip: 0, port: 5050, hostname: 'master' }
    this.master = createMaster({
      config: { ...masterConfig, allocationWorkMax: 1_000, stepWorkMax: 1_000 },
      info,
      registry: emptyRegistry,
      random: createRandom(1),
      now: startAt,
    })
    const capabilities = [{ type: 'MULTI_ROLE' as const }]
    const framework_info = { user: 'root', name: 'f', roles: ['r'], capabilities }
    const resources = Resources.parse('cpus:1;mem:64').toWire()
    const register = { agent_info: { hostname: 'h', port: 5051, resources }, version: '1.12.0', capabilities }
    this.do({ type: 'subscribe', streamId, subscribe: { framework_info } }, startAt)
    this.do({ type: 'link-opened', linkId: 1, ip: '10.0.0.1' }, startAt)
    this.do({ type: 'link-message', linkId: 1, message: { type: 'REGISTER', register } }, startAt)
    this.allocate(startAt)
  }

  do(input: Input, now: number): void {
    this.#elapsed = now - this.aheadMs
    this.#books.before(this.master, input, now)
    const effects = step(this.master, input, now)
    this.#books.after(this.master, effects)
    for (const effect of effects) this.#perform(effect, now)
  }

  allocate(now: number): void {
    this.do({ type: 'timer', key: 'allocation' }, now)
  }

  /** Refuses all offers for 5 s. */
  decline(now: number): void {
    const decline = { offer_ids: this.#offers.splice(0).map((value) => ({ value })), filters: { refuse_seconds: 5 } }
    const value = this.master.streams.get(streamId) ?? ''
    const call = { framework_id: { value }, type: 'DECLINE' as const, decline }
    this.do({ type: 'scheduler-call', requestId: 1, streamId, call }, now)
  }

  get isOffered(): boolean {
    return this.#offers.length > 0
  }

  /** What the master must not do: it forgets what was refused. */
  forget(): void {
    this.master.allocator.revive(this.master.streams.get(streamId) ?? '', ['r'])
  }

  #perform(effect: Effect, now: number): void {
    if (effect.type === 'continue') this.do(effect.input, now)
    if (effect.type !== 'event') return
    for (const { id } of effect.event.offers?.offers ?? []) this.#offers.push(id.value)
  }
}

suite('the books of refusals', () => {
  for (const [what, setBackMs] of [
    ['a clock that goes on', 0],
    ['a clock that was set back since the last step', 3_900],
  ] as const) {
    const declinedAt = startAt + 10_000 - setBackMs

    test(`by ${what}, an offer after the time that was asked for is right`, () => {
      const watched = new Watched()
      watched.allocate(startAt + 10_000)
      watched.aheadMs = -setBackMs
      watched.decline(declinedAt)
      for (let ms = 1_000; ms < 5_000; ms += 1_000) watched.allocate(declinedAt + ms)
      assert.equal(watched.isOffered, false)
      watched.allocate(declinedAt + 5_000)
      assert.equal(watched.isOffered, true)
      assert.deepEqual(watched.reports, [])
    })

    test(`by ${what}, an offer a moment before is reported`, () => {
      const watched = new Watched()
      watched.allocate(startAt + 10_000)
      watched.aheadMs = -setBackMs
      watched.decline(declinedAt)
      watched.forget()
      watched.allocate(declinedAt + 4_999)
      assert.deepEqual(watched.reports, ['declined-offers-stay-away'])
    })
  }

  test('by a clock that was set forward since the last step, an offer a moment before is reported', () => {
    const watched = new Watched()
    watched.aheadMs = 3_600_000
    watched.decline(startAt + 3_600_000)
    watched.forget()
    watched.allocate(startAt + 3_604_999)
    assert.deepEqual(watched.reports, ['declined-offers-stay-away'])
  })

  for (const [afterMs, reports] of [
    [4_999, ['declined-offers-stay-away']],
    [5_000, []],
  ] as const)
    test(`of a clock that is set back meanwhile, an offer ${afterMs} ms later is ${reports.length > 0 ? 'reported' : 'right'}`, () => {
      const watched = new Watched()
      watched.decline(startAt)
      watched.forget()
      watched.aheadMs = -600_000
      watched.allocate(startAt + afterMs - 600_000)
      assert.deepEqual(watched.reports, reports)
    })
})
