/** Looks at the cluster from outside, as its clients do, and tells when what was broken is whole again. */
import { eventually } from '@thermosphere/test-kit'
import type { Fleet, Part } from '../parts/index.ts'
import { Caller } from '../workload/index.ts'

type Agent = {
  readonly pid: string
  readonly active: boolean
  readonly registered_time: number
  readonly reregistered_time?: number
}
type Framework = {
  readonly name: string
  readonly active: boolean
  readonly connected: boolean
  readonly registered_time: number
  readonly reregistered_time?: number
}
type Group = 'master' | 'marathon' | 'chronos'

const recoveredMsMax = 90_000
const lookMsMax = 2_000
const paths: Readonly<Record<string, string>> = { master: '/health', agent: '/health', etcd: '/health' }

const since = (one: Agent | Framework): number => 1000 * (one.reregistered_time ?? one.registered_time)
const portOf = (text: string): number => Number(text.split(':').at(-1))

export class Observer {
  readonly #fleet: Fleet
  readonly #masters: Caller
  /** Parts that a fault holds down just now: nobody waits for these. */
  readonly #down = new Set<Part>()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.#masters = new Caller(fleet.urls('master'), { timeoutMs: lookMsMax })
  }

  markDown(part: Part): void {
    this.#down.add(part)
  }

  markUp(part: Part): void {
    this.#down.delete(part)
  }

  /** The part that leads its group according to any other than `apart`; undefined while none does. */
  async leader(group: Group, apart?: Part): Promise<Part | undefined> {
    const asked = this.#fleet.of(group).filter((part) => part !== apart)
    const ports = await Promise.all(asked.map((part) => this.leaderAccordingTo(part)))
    const named = this.#fleet.of(group).filter(({ spec }) => ports.includes(spec.port))
    // Who claims to lead knows better than who heard of another some time ago.
    const claims = await Promise.all(named.map(async (part) => (await this.leaderAccordingTo(part)) === part.spec.port))
    return named.find((_, index) => claims[index])
  }

  /** The port of the leader that this part names; undefined when it names none, or does not answer. */
  async leaderAccordingTo(part: Part): Promise<number | undefined> {
    const { kind } = part.spec
    const path = { master: '/redirect', marathon: '/v2/leader', chronos: '/v1/scheduler/leader' }[String(kind)]
    const signal = AbortSignal.timeout(lookMsMax)
    const answer = await fetch(`${part.url}${path}`, { redirect: 'manual', signal }).catch(() => undefined)
    const text = await answer?.text().catch(() => undefined)
    if (answer === undefined || text === undefined) return undefined
    if (kind === 'master') return answer.status === 307 ? portOf(answer.headers.get('location') ?? '') : undefined
    if (!answer.ok) return undefined
    const { leader } = JSON.parse(text) as { leader?: string | null }
    return leader ? portOf(leader) : undefined
  }

  /** Undefined when the cluster as a whole works, as far as nothing holds a part of it down; else what does not. */
  async broken(): Promise<string | undefined> {
    const agents = (await this.#masters.read<{ slaves: Agent[] }>('/slaves'))?.slaves
    const frameworks = (await this.#masters.read<{ frameworks: Framework[] }>('/frameworks'))?.frameworks
    if (agents === undefined || frameworks === undefined) return 'no master answers'
    for (const part of this.#fleet.of('agent')) {
      const isBack = agents.some(({ pid, active }) => active && portOf(pid) === part.spec.port)
      if (!isBack && !this.#isExcused(part)) return `${part.spec.name} is not active`
    }
    for (const kind of ['marathon', 'chronos', 'plain'] as const) {
      const isBack = frameworks.some(({ name, active, connected }) => name === kind && active && connected)
      const parts = kind === 'plain' ? [] : this.#fleet.of(kind)
      if (!isBack && !parts.some((part) => this.#isExcused(part))) return `${kind} is not connected`
    }
    return undefined
  }

  #isExcused = (part: Part): boolean => this.#down.has(part)

  async #isReachable(part: Part): Promise<boolean> {
    const answer = await fetch(part.url + (paths[part.spec.kind] ?? '/ping'), {
      signal: AbortSignal.timeout(lookMsMax),
    })
    await answer.arrayBuffer()
    return answer.ok
  }

  /** Undefined once the part that was killed then does its work again; else what is missing. */
  async #missing(
    part: Part,
    killed: { readonly at: number; readonly wasLeading: boolean },
  ): Promise<string | undefined> {
    const { kind, port, name } = part.spec
    if (!(await this.#isReachable(part))) return `${name} does not answer`
    if (kind === 'etcd') return undefined
    if (kind === 'master') return killed.wasLeading ? this.broken() : undefined
    if (kind === 'agent') {
      const agents = (await this.#masters.read<{ slaves: Agent[] }>('/slaves'))?.slaves ?? []
      const isBack = agents.some((agent) => agent.active && portOf(agent.pid) === port && since(agent) > killed.at)
      return isBack ? undefined : `${name} has not registered again`
    }
    if (!killed.wasLeading) return undefined
    const frameworks = (await this.#masters.read<{ frameworks: Framework[] }>('/frameworks'))?.frameworks ?? []
    const own = frameworks.find((framework) => framework.name === kind)
    if (own === undefined || !own.active || !own.connected || since(own) <= killed.at) return `${kind} is not connected`
    return (await this.leader(kind)) === undefined ? `no ${kind} leads` : undefined
  }

  /** Resolves with how long it took. */
  async recovered(part: Part, killed: { readonly at: number; readonly wasLeading: boolean }): Promise<number> {
    let missing: string | undefined = 'nothing was looked at yet'
    try {
      await eventually(
        `${part.spec.name} has recovered`,
        async () => {
          missing = await this.#missing(part, killed).catch(() => `${part.spec.name} does not answer`)
          return missing === undefined
        },
        recoveredMsMax,
      )
    } catch (error) {
      throw new Error(`${part.spec.name} has not recovered: ${missing}`, { cause: error })
    }
    return Date.now() - killed.at
  }

  async allRecovered(timeoutMs: number): Promise<void> {
    let why: string | undefined
    try {
      await eventually('the cluster works', async () => (why = await this.broken()) === undefined, timeoutMs)
    } catch (error) {
      throw new Error(`the cluster does not work after ${timeoutMs} ms: ${why}`, { cause: error })
    }
  }
}
