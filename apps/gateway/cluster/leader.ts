/** Finds the leading master of a list, and again when it stops answering. */
import { HttpError } from '@thermosphere/service-kit'
import { agentsFreshMs, lookUpTimeoutMs } from '../limits.ts'

/** Where requests to "the master" go. */
export class Leader {
  readonly #masters: readonly string[]
  readonly #authorization: string | undefined
  #known: { readonly url: string; readonly until: number } | undefined

  /** With `authorization`, that is the header of the gateway's own questions. */
  constructor(masters: readonly string[], authorization?: string) {
    this.#masters = masters
    this.#authorization = authorization
  }

  /** A question of the gateway itself. */
  async read(path: string): Promise<Response> {
    const headers = this.#authorization === undefined ? {} : { authorization: this.#authorization }
    return fetch((await this.url()) + path, { headers, signal: AbortSignal.timeout(lookUpTimeoutMs) })
  }

  /** The leader's URL; 503 when no master answers. A single master leads unless it has named another. */
  async url(): Promise<string> {
    if (this.#known !== undefined && this.#known.until > Date.now()) return this.#known.url
    const [only, ...others] = this.#masters
    if (only !== undefined && others.length === 0) return `http://${only}`
    return this.#ask()
  }

  /** Whoever answers first: one that hangs must not hold the others up. */
  async #ask(): Promise<string> {
    try {
      const url = await Promise.any(this.#masters.map(askWhoLeads))
      this.found(url)
      return url
    } catch (cause) {
      const masters = this.#masters.join(', ')
      const message = `no master answers or knows a leader (asked ${masters}); try again shortly`
      throw new HttpError(503, message, { cause })
    }
  }

  /** One that answered, or that a master named, leads for a while. */
  found(url: string): void {
    this.#known = { url, until: Date.now() + agentsFreshMs }
  }

  forget(): void {
    this.#known = undefined
  }
}

/** Mesos: /redirect always points at the leader, as `//host:port`. Rejects when there is none. */
async function askWhoLeads(master: string): Promise<string> {
  const signal = AbortSignal.timeout(lookUpTimeoutMs)
  const answer = await fetch(`http://${master}/redirect`, { redirect: 'manual', signal })
  await answer.arrayBuffer()
  const location = answer.headers.get('location')
  if (location === null) throw new Error(`${master} knows no leader (${answer.status})`)
  return new URL(location, `http://${master}`).origin
}
