/** What frameworks have refused, and for how long: books of its own beside the allocator's. */
import type { Millis } from '@thermosphere/effects'
import type { Effect, Input, Master } from '@thermosphere/master-core'
import type { Resources } from '@thermosphere/offer-engine'
import { Resources as AllResources } from '@thermosphere/offer-engine'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Report } from '../world/report.ts'

type SchedulerCall = Extract<Input, { type: 'scheduler-call' }>
/** `until` is counted as timers count. */
type Refusal = {
  readonly agentId: string
  readonly role: string
  readonly refused: Resources
  readonly until: Millis
}

export class FilterBooks {
  readonly #report: Report
  readonly #elapsed: () => Millis
  readonly #refusals = new Map<string, Refusal[]>()
  readonly #suppressed = new Set<string>()
  #counted: Millis = 0
  #latest: { readonly now: Millis; readonly elapsed: Millis } | undefined

  /** `elapsed` is the true time, which nobody sets. */
  constructor(report: Report, elapsed: () => Millis) {
    this.#report = report
    this.#elapsed = elapsed
  }

  before(master: Master, input: Input, now: Millis): void {
    this.#count(now)
    if (input.type === 'subscribe') return this.#forget(input.subscribe.framework_info.id?.value ?? '')
    if (input.type === 'stream-closed') return this.#forget(master.streams.get(input.streamId) ?? '')
    if (input.type === 'scheduler-call') this.#onCall(master, input)
  }

  /** A clock that is set forward makes timers end early, and one that is set back makes none wait longer. */
  #count(now: Millis): void {
    const elapsed = this.#elapsed()
    const { now: before, elapsed: elapsedBefore } = this.#latest ?? { now, elapsed }
    this.#counted += Math.max(now - before, elapsed - elapsedBefore)
    this.#latest = { now, elapsed }
  }

  after(master: Master, effects: readonly Effect[]): void {
    // Filters go with the agent that they are about.
    for (const [id, all] of this.#refusals) {
      const kept = all.filter(({ agentId }) => master.agents.has(agentId))
      if (kept.length < all.length) this.#refusals.set(id, kept)
    }
    for (const effect of effects) if (effect.type === 'event') this.#onEvent(master, effect.streamId, effect.event)
  }

  #onCall(master: Master, { call, streamId }: SchedulerCall): void {
    const id = call.framework_id?.value ?? ''
    const framework = master.frameworks.get(id)
    if (framework?.connection.state !== 'connected' || framework.connection.streamId !== streamId) return
    if (call.update_framework !== undefined) this.#onUpdate(id, call.update_framework.framework_info)
    if (call.type === 'REVIVE' || call.type === 'TEARDOWN') this.#forget(id)
    if (call.type === 'SUPPRESS' && (call.suppress?.roles ?? []).length === 0) this.#suppressed.add(id)
    const seconds = call.decline?.filters?.refuse_seconds
    if (call.decline === undefined || seconds === undefined) return
    for (const { value } of call.decline.offer_ids ?? []) {
      const offer = master.offers.get(value)
      if (offer?.frameworkId !== id) continue
      const { agentId, role, resources: refused } = offer
      const refusal = { agentId, role, refused, until: this.#counted + seconds * 1000 }
      this.#refusals.set(id, [...(this.#refusals.get(id) ?? []), refusal])
    }
  }

  /** Roles that it suppresses are named anew, and filters go with the role that they are about. */
  #onUpdate(id: string, { roles = [] }: mesos.FrameworkInfo): void {
    this.#suppressed.delete(id)
    const kept = (this.#refusals.get(id) ?? []).filter(({ role }) => roles.includes(role))
    this.#refusals.set(id, kept)
  }

  #onEvent(master: Master, streamId: string, { offers }: scheduler.Event): void {
    const id = master.streams.get(streamId)
    if (offers === undefined || id === undefined) return
    if (this.#suppressed.has(id)) this.#report('suppressed-roles-get-no-offers', `${id} has suppressed its offers`)
    const live = (this.#refusals.get(id) ?? []).filter(({ until }) => until > this.#counted)
    this.#refusals.set(id, live)
    for (const offer of offers.offers ?? []) {
      const resources = AllResources.fromWire(offer.resources ?? [])
      const match = live.find(
        ({ agentId, role, refused }) =>
          agentId === offer.agent_id.value &&
          role === (offer.allocation_info?.role ?? role) &&
          refused.contains(resources),
      )
      if (match !== undefined)
        this.#report(
          'declined-offers-stay-away',
          `${id} is offered ${resources} of ${match.agentId}, ${match.until - this.#counted} ms too early`,
        )
    }
  }

  #forget(frameworkId: string): void {
    this.#refusals.delete(frameworkId)
    this.#suppressed.delete(frameworkId)
  }
}
