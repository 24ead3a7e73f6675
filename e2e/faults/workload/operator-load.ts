/** An operator of the master: quota, weights and reservations, for roles of their own that nobody uses. */
import { setTimeout as delay } from 'node:timers/promises'
import { Caller } from './caller.ts'
import { Pace } from './history.ts'
import type { Load, LoadOptions } from './history.ts'

export type OperatorOptions = LoadOptions & { readonly urls: readonly string[] }

type Call = { readonly type: string } & Readonly<Record<string, unknown>>
type Quota = { readonly role: string; readonly limits?: Readonly<Record<string, { readonly value: number }>> }
type Agent = {
  readonly id: string
  readonly pid: string
  readonly active: boolean
  readonly reserved_resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const rolesMax = 60
const looksMax = 5
const lookEveryMs = 200
const v1 = { method: 'POST', path: '/api/v1' } as const

/** What the agent itself says within a moment. */
async function hasReservation({ pid }: Agent, role: string): Promise<boolean> {
  const own = new Caller([`http://${pid.split('@')[1] ?? ''}`], { timeoutMs: 1_000 })
  for (let look = 0; look < looksMax; look += 1) {
    const state = await own.read<Pick<Agent, 'reserved_resources'>>('/state')
    if (state !== undefined && Object.hasOwn(state.reserved_resources, role)) return true
    await delay(lookEveryMs)
  }
  return false
}

export class OperatorLoad implements Load {
  readonly #options: OperatorOptions
  readonly #caller: Caller
  readonly #pace: Pace
  #next = 0

  constructor(options: OperatorOptions) {
    this.#options = options
    this.#caller = new Caller(options.urls)
    this.#pace = new Pace(options.everyMs, () => this.#operate())
  }

  async #operate(): Promise<void> {
    const { random } = this.#options
    const number = 1 + Math.floor(random() * 1000)
    // Few roles of quota and weights, so that they are changed again; each reservation is made once.
    const role = `r${Math.floor(random() * 8)}`
    const kind = Math.floor(random() * 3)
    if (kind === 0) {
      const update_quota = { quota_configs: [{ role, limits: { cpus: { value: number } } }] }
      await this.#write(`quota ${role}`, String(number), { type: 'UPDATE_QUOTA', update_quota })
    } else if (kind === 1) {
      const update_weights = { weight_infos: [{ role, weight: number }] }
      await this.#write(`weight ${role}`, String(number), { type: 'UPDATE_WEIGHTS', update_weights })
    } else await this.#reserve()
  }

  async #reserve(): Promise<void> {
    const agents = (await this.#agents())?.filter(({ active }) => active) ?? []
    const agent = agents[Math.floor(this.#options.random() * agents.length)]
    if (agent === undefined || this.#next >= rolesMax) return
    const role = `kept-${(this.#next += 1)}`
    const disk = {
      name: 'disk',
      type: 'SCALAR',
      scalar: { value: 1 },
      reservations: [{ type: 'DYNAMIC', role }],
    }
    const call = {
      type: 'RESERVE_RESOURCES',
      reserve_resources: { agent_id: { value: agent.id }, resources: [disk] },
    }
    const { outcome, sentAt } = await this.#caller.ask({ ...v1, body: call })
    // 202 says that it is on its way; done it is once the agent has it.
    const isKept = outcome === 'acknowledged' && (await hasReservation(agent, role))
    const known = outcome === 'refused' ? outcome : isKept ? 'acknowledged' : 'unknown'
    const answered = known === 'unknown' ? {} : { answeredAt: Date.now() }
    this.#options.history.writes.push({
      subject: `reservation ${role}`,
      value: agent.id,
      outcome: known,
      sentAt,
      ...answered,
    })
  }

  #write(subject: string, value: string, body: Call) {
    return this.#options.history.write(this.#caller, { subject, value, body, ...v1 })
  }

  async #agents(): Promise<Agent[] | undefined> {
    return (await this.#caller.read<{ slaves: Agent[] }>('/slaves'))?.slaves
  }

  async #get<T>(type: string): Promise<T | undefined> {
    const { outcome, text } = await this.#caller.ask({ ...v1, body: { type } })
    return outcome === 'acknowledged' ? (JSON.parse(text) as T) : undefined
  }

  stop(): Promise<void> {
    return this.#pace.stop()
  }

  async unsettled(): Promise<string | undefined> {
    return (await this.#agents()) === undefined ? 'no master answers' : undefined
  }

  async final(): Promise<Map<string, string> | undefined> {
    const agents = await this.#agents()
    const quota = await this.#get<{ get_quota: { status: { configs?: Quota[] } } }>('GET_QUOTA')
    const weights = await this.#get<{ get_weights: { weight_infos?: { role: string; weight: number }[] } }>(
      'GET_WEIGHTS',
    )
    if (agents === undefined || quota === undefined || weights === undefined) return undefined
    const reservations = agents.flatMap(({ id, reserved_resources }) =>
      Object.keys(reserved_resources).map((role): [string, string] => [`reservation ${role}`, id]),
    )
    const limits = (quota.get_quota.status.configs ?? []).map(({ role, limits }): [string, string] => [
      `quota ${role}`,
      String(limits?.['cpus']?.value),
    ])
    const shares = (weights.get_weights.weight_infos ?? []).map(({ role, weight }): [string, string] => [
      `weight ${role}`,
      String(weight),
    ])
    return new Map([...reservations, ...limits, ...shares])
  }
}
