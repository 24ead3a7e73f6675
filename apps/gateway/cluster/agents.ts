/** Addresses of agents by their id, from the master. */
import { HttpError } from '@thermosphere/service-kit'
import { z } from 'zod'
import { agentsFreshMs } from '../limits.ts'
import type { Leader } from './leader.ts'

const slavesSchema = z.object({ slaves: z.array(z.object({ id: z.string(), pid: z.string() })) })

const noLogin = 'the master does not take the login of the gateway: give the gateway one with --credential'

/** `slave(1)@10.0.0.1:5051` as `http://10.0.0.1:5051`. */
export const urlOfPid = (pid: string): string => `http://${pid.slice(pid.indexOf('@') + 1)}`

/** Keeps the last answer while the master is away, so that logs can still be read. */
export class Agents {
  readonly #leader: Leader
  #urls: ReadonlyMap<string, string> = new Map()
  #askedAt = 0
  #asking: Promise<void> | undefined

  constructor(leader: Leader) {
    this.#leader = leader
  }

  /** 404 for an agent that the master does not know, 503 when it cannot be asked. */
  async urlOf(id: string): Promise<string> {
    const known = this.#urls.get(id)
    if (known !== undefined && this.#isFresh()) return known
    try {
      await this.#refresh()
    } catch (error) {
      if (known !== undefined) return known
      throw error
    }
    const url = this.#urls.get(id)
    if (url === undefined) throw new HttpError(404, `the master knows no agent ${id}`)
    return url
  }

  #isFresh = (): boolean => Date.now() - this.#askedAt < agentsFreshMs

  /** One question at a time, whoever waits for it. */
  #refresh(): Promise<void> {
    if (this.#isFresh()) return Promise.resolve()
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<void> {
    try {
      const answer = await this.#leader.read('/slaves')
      if (answer.status === 401) throw new HttpError(503, noLogin)
      const { slaves } = slavesSchema.parse(await answer.json())
      this.#urls = new Map(slaves.map(({ id, pid }) => [id, urlOfPid(pid)]))
      this.#askedAt = Date.now()
    } catch (cause) {
      if (cause instanceof HttpError) throw cause
      this.#leader.forget()
      throw new HttpError(503, 'the master cannot be asked for its agents now; try again shortly', { cause })
    }
  }
}
