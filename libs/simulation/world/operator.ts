/** An operator who changes what the registry keeps, and remembers what was acknowledged. */
import type { Master } from '@thermosphere/master-core'
import type { master } from '@thermosphere/protocol'
import type { Line } from '../kernel/index.ts'
import { SimProcess } from '../kernel/index.ts'
import type { Action } from '../scenario/scenario.ts'
import type { Answer, ToOperator } from '../hosts/wire.ts'
import type { Cluster } from './cluster.ts'
import { maintenanceCall, modesOf, modesText } from './maintenance.ts'
import type { MaintenanceType } from './maintenance.ts'
import type { Violation } from './report.ts'
import { resourceCall } from './resource-calls.ts'

/** What a change is about, and what the registry says when it was made; undefined when it may say several things. */
type Change = { readonly about: string; readonly value: string | undefined; readonly call: master.Call }

const patienceMs = 10_000
/** A change of machines that got no answer may take place within that long: nobody asks for another one meanwhile. */
const doubtMs = 60_000
/** Machines are brought up at the end, one call after another. */
const bringUpMs = 1_000
const maintenance = 'maintenance'

export class Operator {
  readonly #cluster: Cluster
  readonly #process: SimProcess
  /** The last acknowledged value of each thing, unless a later change of it is in doubt. */
  readonly #acknowledged = new Map<string, string>()
  readonly #lastOf = new Map<string, number>()
  #next = 1
  /** Of maintenance: all machines are one thing, so one change is under way at a time. */
  #isAsked = false
  #doubtUntil = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#process = new SimProcess({ name: 'operator', time: cluster.time })
  }

  perform(action: Action): void {
    const change = this.#changeOf(action)
    if (change !== undefined) this.#ask(change)
  }

  /** Every machine is up again, and no maintenance planned. */
  bringUp(): void {
    const { time } = this.#cluster
    const machines = [...(this.#cluster.leader()?.master.machines.values() ?? [])]
    // A leader that is elected later may still have some.
    time.after(bringUpMs, () => this.bringUp())
    const host = machines[0]?.id.hostname
    this.#doubtUntil = 0
    const change = host === undefined ? undefined : this.#maintenance('up', host)
    if (change !== undefined) this.#ask({ ...change, value: undefined })
  }

  #ask(change: Change): void {
    const { network, time } = this.#cluster
    const leader = this.#cluster.store.holder('master')?.by ?? 'master-0'
    const id = this.#next++
    const isMaintenance = change.about === maintenance
    // From the asking on it may be either; who asks for nothing else meanwhile knows it from the answer.
    this.#acknowledged.delete(change.about)
    this.#isAsked ||= isMaintenance
    let isAnswered = false
    const line: Line<ToOperator> = network.connect<Answer, ToOperator>(this.#process, `${leader}/operator`, {
      onMessage: ({ status }) => {
        isAnswered = status < 500
        line.close()
        if (isMaintenance && isAnswered) this.#isAsked = false
        this.#cluster.counters.add(`operator ${status}`)
        this.#cluster.counters.add(`operator ${change.call.type} ${status}`)
        if (status === 200 && id === this.#lastOf.get(change.about)) this.#acknowledge(change)
      },
      onClose: () => undefined,
    })
    this.#lastOf.set(change.about, id)
    line.send({ id, call: change.call })
    time.after(patienceMs, () => {
      line.close()
      if (!isMaintenance || isAnswered) return
      this.#isAsked = false
      this.#doubtUntil = time.now + doubtMs
    })
  }

  #acknowledge({ about, value }: Change): void {
    if (value !== undefined) this.#acknowledged.set(about, value)
  }

  /** A leader's first look at the registry must find everything that was acknowledged. */
  checkRegistry(found: Master): void {
    for (const { invariant, message } of this.disagreements(found)) this.#cluster.report(invariant, message)
  }

  *disagreements(found: Master): Generator<Violation> {
    for (const [about, value] of this.#acknowledged) {
      const is = valueIn(found, about)
      const message = `${about} was acknowledged as ${value} and is ${is}`
      if (is !== value && !this.#isReplaced(about)) yield { invariant: 'acknowledged-changes-survive', message }
    }
  }

  /** A master removes an agent whose host comes with a new one, and what was said of it goes with it. */
  #isReplaced(about: string): boolean {
    const [kind, id = ''] = about.split(' ')
    return kind === 'deactivated' && !this.#cluster.hasAgent(id)
  }

  #changeOf(action: Action): Change | undefined {
    switch (action.type) {
      case 'quota': {
        const limits = action.cpus === 0 ? {} : { cpus: { value: action.cpus } }
        const quota_configs = [{ role: action.role, limits, ...(action.isGuaranteed && { guarantees: limits }) }]
        const call: master.Call = { type: 'UPDATE_QUOTA', update_quota: { force: true, quota_configs } }
        return { about: `quota ${action.role}`, value: String(action.cpus), call }
      }
      case 'weight': {
        const weight_infos = [{ role: action.role, weight: action.weight }]
        const call: master.Call = { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos } }
        return { about: `weight ${action.role}`, value: String(action.weight), call }
      }
      case 'gone':
      case 'deactivate':
      case 'reactivate':
        return this.#agentChange(action.type, action.agent)
      case 'drain':
        return this.#drain(action)
      case 'schedule':
      case 'unschedule':
      case 'down':
      case 'up':
        return this.#maintenance(action.type, action.agent)
      case 'operate':
        return this.#operation(action)
      default:
        return undefined
    }
  }

  #drain({ agent, isGone }: Extract<Action, { type: 'drain' }>): Change | undefined {
    const value = this.#cluster.agents.get(agent)?.state.agentId
    if (value === undefined) return undefined
    const call: master.Call = { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value }, mark_gone: isGone } }
    return { about: `deactivated ${value}`, value: isGone ? undefined : 'true', call }
  }

  #maintenance(type: MaintenanceType, host: string): Change | undefined {
    const { time } = this.#cluster
    const found = this.#cluster.leader()?.master
    if (found === undefined || this.#isAsked || time.now < this.#doubtUntil) return undefined
    const change = maintenanceCall(found, { type, host, now: time.now })
    if (change === undefined) return undefined
    // Agents go with their machine, and what was said of them.
    const id = this.#cluster.agents.get(host)?.state.agentId
    if (type === 'down') this.#acknowledged.delete(`deactivated ${id}`)
    return { about: maintenance, ...change }
  }

  #operation(action: Extract<Action, { type: 'operate' }>): Change | undefined {
    const id = this.#cluster.agents.get(action.agent)?.state.agentId ?? ''
    const agent = this.#cluster.leader()?.master.agents.get(id)
    const call = agent && resourceCall(agent, action)
    return call && { about: `resources ${id}`, value: undefined, call }
  }

  #agentChange(type: 'gone' | 'deactivate' | 'reactivate', agent: string): Change | undefined {
    const value = this.#cluster.agents.get(agent)?.state.agentId
    if (value === undefined) return undefined
    const agent_id = { value }
    if (type === 'reactivate') this.#cluster.registryInvariants.onReactivate(value)
    if (type === 'gone') {
      const call: master.Call = { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } }
      this.#acknowledged.delete(`deactivated ${value}`)
      return { about: `gone ${value}`, value: 'true', call }
    }
    const call: master.Call =
      type === 'deactivate'
        ? { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } }
        : { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } }
    return { about: `deactivated ${value}`, value: String(type === 'deactivate'), call }
  }
}

function valueIn(master: Master, about: string): string {
  const [kind = '', id = ''] = about.split(' ')
  switch (kind) {
    case 'quota':
      return String(master.quotas.get(id)?.limits?.cpus?.value ?? 0)
    case 'weight':
      return String(master.weights.get(id))
    case 'gone':
      return String(master.goneAgents.has(id))
    case maintenance:
      return modesText(modesOf(master))
    default: {
      const known = master.recoveredAgents.get(id) ?? master.unreachableAgents.get(id)
      const record = master.agents.get(id) ?? known
      // Gone agents are no longer in the lists.
      return record === undefined ? 'nowhere' : String(record.deactivated)
    }
  }
}
