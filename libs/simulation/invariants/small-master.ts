/** A real master with one agent and some frameworks, for tests of those who look at masters. */
import { createRandom } from '@thermosphere/effects'
import { createMaster, emptyRegistry, step } from '@thermosphere/master-core'
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { masterConfig } from '../hosts/master/master-config.ts'

const now = 1_000_000
const multiRole = { type: 'MULTI_ROLE' as const }
const refinement = { type: 'RESERVATION_REFINEMENT' as const }
const capabilities = [multiRole, refinement]
const agentCapabilities = [...capabilities, { type: 'HIERARCHICAL_ROLE' as const }, { type: 'AGENT_DRAINING' as const }]

type Capability = mesos.FrameworkInfo_Capability_Type

export type Look = (input: Input, effects: readonly Effect[]) => void

export class SmallMaster {
  readonly master: Master
  readonly #before: (input: Input) => void
  readonly #after: Look

  /** `before` and `after` are called around each step. */
  constructor(
    before: (master: Master, input: Input) => void,
    after: (master: Master, ...rest: Parameters<Look>) => void,
  ) {
    const info = { id: 'M', ip: 0, port: 5050, hostname: 'master' }
    const config = { ...masterConfig, allocationWorkMax: 1_000, stepWorkMax: 1_000 }
    this.master = createMaster({ config, info, registry: emptyRegistry, random: createRandom(1), now })
    this.#before = (input) => before(this.master, input)
    this.#after = (input, effects) => after(this.master, input, effects)
  }

  /** `checkpointed` are the reservations and volumes of the agent. */
  join(total: string, checkpointed: Resources = Resources.empty): void {
    const agent_info = { hostname: 'h', port: 5051, resources: Resources.parse(total).toWire() }
    const rest = { capabilities: agentCapabilities, checkpointed_resources: checkpointed.toWire() }
    const register = { agent_info, version: '1.12.0', ...rest }
    this.do({ type: 'link-opened', linkId: 1, ip: '10.0.0.1' })
    this.do({ type: 'link-message', linkId: 1, message: { type: 'REGISTER', register } })
  }

  subscribe(name: string, ...roles: readonly string[]): void {
    this.subscribeAs(name, { roles, capabilities: [] })
  }

  /** With further capabilities. */
  subscribeAs(name: string, one: { roles: readonly string[]; capabilities: readonly Capability[] }): void {
    const more = one.capabilities.map((type) => ({ type }))
    const framework_info = { user: 'root', name, roles: [...one.roles], capabilities: [...capabilities, ...more] }
    this.do({ type: 'subscribe', streamId: name, subscribe: { framework_info } })
  }

  call(name: string, call: Omit<scheduler.Call, 'framework_id'>): void {
    const framework_id = { value: this.master.streams.get(name) ?? '' }
    this.do({ type: 'scheduler-call', requestId: 1, streamId: name, call: { ...call, framework_id } })
  }

  allocate(): void {
    this.do({ type: 'timer', key: 'allocation' })
  }

  /** What is durable goes on at once. */
  do(input: Input): void {
    this.#before(input)
    const effects = step(this.master, input, now)
    this.#after(input, effects)
    for (const effect of effects) if (effect.type === 'continue') this.do(effect.input)
  }
}
