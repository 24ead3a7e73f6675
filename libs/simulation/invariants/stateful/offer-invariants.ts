/** To whom a master may offer what, and whom it may ask to leave a machine. */
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { isReserved, reservationRole, Resources } from '@thermosphere/offer-engine'
import type { Item } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import type { Report } from '../../world/report.ts'

const isBelow = (role: string, other: string): boolean => role === other || role.startsWith(`${other}/`)

export class OfferInvariants {
  readonly #report: Report
  /** The roles that each framework last asked for. */
  readonly #roles = new Map<string, ReadonlySet<string>>()

  constructor(report: Report) {
    this.#report = report
  }

  before(master: Master, input: Input): void {
    if (input.type === 'scheduler-call' && isHeard(master, input)) {
      const info = input.call.update_framework?.framework_info
      if (info !== undefined) this.#roles.set(input.call.framework_id?.value ?? '', new Set(info.roles))
    }
  }

  after(master: Master, input: Input, effects: readonly Effect[]): void {
    if (input.type === 'subscribe') {
      const id = master.streams.get(input.streamId)
      if (id !== undefined) this.#roles.set(id, new Set(input.subscribe.framework_info.roles))
    }
    for (const { id, agentId, frameworkId, role } of master.offers.values()) {
      if (this.#roles.get(frameworkId)?.has(role) === false)
        this.#report('left-roles-get-no-offers', `${id} is still on offer to ${frameworkId} for ${role}, which it left`)
      if (master.agents.get(agentId)?.deactivated === true)
        this.#report('nothing-launched-on-draining-agents', `${agentId} is deactivated and still on offer`)
    }
    for (const effect of effects) {
      if (effect.type === 'link') this.#onTold(master, effect.linkId, effect.message)
      if (effect.type !== 'event') continue
      const { offers, inverse_offers } = effect.event
      const frameworkId = master.streams.get(effect.streamId) ?? ''
      for (const offer of offers?.offers ?? []) this.#onOffer(master, frameworkId, offer)
      for (const offer of inverse_offers?.inverse_offers ?? []) this.#onInverseOffer(master, frameworkId, offer)
    }
  }

  #onOffer(master: Master, frameworkId: string, { agent_id, allocation_info, resources }: mesos.Offer): void {
    const role = allocation_info?.role ?? ''
    if (this.#roles.get(frameworkId)?.has(role) === false)
      this.#report('left-roles-get-no-offers', `${frameworkId} is offered something for ${role}, which it left`)
    for (const item of Resources.fromWire(resources).items) this.#checkItem(item, role)
    if (master.agents.get(agent_id.value)?.deactivated === true)
      this.#report('nothing-launched-on-draining-agents', `${agent_id.value} is deactivated and offered`)
  }

  #checkItem(item: Item, role: string): void {
    const { meta } = item
    if (!isReserved(meta) || isBelow(role, reservationRole(meta))) return
    const persistence = meta.disk?.persistence
    const what = persistence === undefined ? meta.name : `the volume ${persistence.id}`
    this.#report(
      persistence === undefined ? 'reservations-offered-to-their-role' : 'volumes-offered-to-their-role',
      `${what}, which is reserved for ${reservationRole(meta)}, is offered to ${role}`,
    )
  }

  #onTold(master: Master, linkId: number, { run_task }: agentLink.MasterMessage): void {
    if (run_task === undefined) return
    const link = master.links.get(linkId)
    const agent = link?.state === 'joined' ? master.agents.get(link.agentId) : undefined
    const taskId = run_task.task.task_id.value
    if (agent?.deactivated === true || agent?.drain !== undefined)
      this.#report('nothing-launched-on-draining-agents', `${taskId} is launched on ${agent.id}, which is deactivated`)
  }

  #onInverseOffer(master: Master, frameworkId: string, { agent_id, id }: mesos.InverseOffer): void {
    const invariant = 'inverse-offers-to-those-concerned'
    const agent = master.agents.get(agent_id?.value ?? '')
    if (agent === undefined) return this.#report(invariant, `${id.value} is about ${agent_id?.value}, which is away`)
    const isConcerned =
      agent.used.byKey.has(frameworkId) || [...agent.offers].some((offer) => offer.frameworkId === frameworkId)
    if (!isConcerned) this.#report(invariant, `${frameworkId} has nothing on ${agent.id} and is asked to leave it`)
    const outstanding = [...agent.inverseOffers].filter((offer) => offer.frameworkId === frameworkId)
    if (outstanding.length > 1) this.#report(invariant, `${frameworkId} is asked twice at once to leave ${agent.id}`)
    const machine = [...master.machines.values()].find(({ id: { hostname } }) => hostname === agent.info.hostname)
    if (machine?.mode !== 'DRAINING')
      this.#report(invariant, `${frameworkId} is asked to leave ${agent.id}, for which no maintenance is planned`)
  }
}

/** Whether a master will carry the call out. */
export function isHeard(master: Master, { call, streamId }: Extract<Input, { type: 'scheduler-call' }>): boolean {
  const framework = master.frameworks.get(call.framework_id?.value ?? '')
  return framework?.connection.state === 'connected' && framework.connection.streamId === streamId
}
