/** Revocable resources in the books of a master: who is offered them, and that they are what their agent told. */
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Report } from '../../world/report.ts'
import { isHeard } from './offer-invariants.ts'

type Agent = ReturnType<Master['agents']['get']> & object

/** What a master last heard of an agent, and the tasks it had there then: the agent did not know those on their way. */
type Told = { readonly revocable: Resources; readonly taskIds: ReadonlySet<string> }

const sum = (all: Iterable<Resources>): Resources =>
  [...all].reduce((total, one) => total.add(one.revocable().unallocated()), Resources.empty)

export class RevocableOffers {
  readonly #report: Report
  readonly #told = new WeakMap<Agent, Told>()
  /** Whether each framework last said that it takes them. */
  readonly #takers = new Map<string, boolean>()

  constructor(report: Report) {
    this.#report = report
  }

  before(master: Master, input: Input): void {
    if (input.type !== 'scheduler-call' || !isHeard(master, input)) return
    const info = input.call.update_framework?.framework_info
    if (info !== undefined) this.#takers.set(input.call.framework_id?.value ?? '', takes(info))
  }

  /** Called after a step, before any agent is looked at. */
  hear(master: Master, input: Input): void {
    if (input.type === 'subscribe') {
      const id = master.streams.get(input.streamId)
      if (id !== undefined) this.#takers.set(id, takes(input.subscribe.framework_info))
    }
    if (input.type !== 'link-message') return
    const link = master.links.get(input.linkId)
    const agent = link?.state === 'joined' ? master.agents.get(link.agentId) : undefined
    if (agent === undefined || agent.link !== input.linkId) return
    const { update_agent, reregister } = input.message
    const before = this.#told.get(agent)?.revocable ?? Resources.empty
    const revocable = update_agent?.oversubscribed && Resources.fromWire(update_agent.oversubscribed.resources)
    if (revocable !== undefined || reregister !== undefined) this.#remember(agent, revocable ?? before)
    if (revocable !== undefined) this.checkAgent(agent)
  }

  /** Called after each change of what it has, what is in use and what is on offer. */
  checkAgent(agent: Agent): void {
    const { revocable, taskIds } = this.#told.get(agent) ?? this.#remember(agent, Resources.empty)
    const total = agent.total.revocable()
    if (!total.equals(revocable))
      this.#report('revocable-within-what-was-told', `${agent.id} told of ${revocable}, and ${total} is in the books`)
    const offered = sum([...agent.offers].map((offer) => offer.resources))
    const used = sum(agent.used.byKey.values())
    const isTooMuch = (name: string): boolean => used.scalar(name) + offered.scalar(name) > revocable.scalar(name)
    if ([...offered.scalarQuantities().keys()].some(isTooMuch))
      this.#report(
        'revocable-within-what-was-told',
        `${agent.id} told of ${revocable}: ${used} is in use, and ${offered} on offer`,
      )
    const exceeded = [...used.scalarQuantities().keys()].filter((name) => used.scalar(name) > revocable.scalar(name))
    if (exceeded.length === 0) return
    for (const { id, resources, holdsResources } of agent.tasks.values()) {
      const isNew = holdsResources && !taskIds.has(id)
      if (isNew && exceeded.some((name) => resources.revocable().scalar(name) > 0))
        this.#report(
          'revocable-within-what-was-told',
          `${id} is launched on ${agent.id}, which told of ${revocable}, and then ${used} is in use`,
        )
    }
  }

  checkEffects(master: Master, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'event') continue
      const frameworkId = master.streams.get(effect.streamId) ?? ''
      for (const { id, resources } of effect.event.offers?.offers ?? [])
        if (this.#takers.get(frameworkId) !== true && resources?.some(({ revocable }) => revocable !== undefined))
          this.#report('revocable-offered-to-takers', `${id.value} has some, and ${frameworkId} does not take them`)
    }
  }

  #remember(agent: Agent, revocable: Resources): Told {
    const told = { revocable, taskIds: new Set([...agent.tasks.values()].map(({ id }) => id)) }
    this.#told.set(agent, told)
    return told
  }
}

const takes = ({ capabilities = [] }: mesos.FrameworkInfo): boolean =>
  capabilities.some(({ type }) => type === 'REVOCABLE_RESOURCES')
