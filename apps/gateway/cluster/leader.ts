/** Finds the leading master of a list, and again when it stops answering. */
import { HttpError } from '@thermosphere/service-kit'
import { agentsFreshMs, lookUpTimeoutMs } from '../limits.ts'

/** Where requests to "the master" go. */
export class Leader {
  readonly #masters: readonly string[]
  #known: { readonly url: string; readonly until: number } | undefined

  constructor(masters: readonly string[]) {
    this.#masters = masters
  }

  /** The leader's URL; 503 when no master answers. A single master is its own leader. */
  async url(): Promise<string> {
    const [only, ...others] = this.#masters
    if (only !== undefined && others.length === 0) return `http://${only}`
    if (this.#known !== undefined && this.#known.until > Date.now()) return this.#known.url
    for (const master of this.#masters) {
      const url = await askWhoLeads(master)
      if (url === undefined) continue
      this.#known = { url, until: Date.now() + agentsFreshMs }
      return url
    }
    throw new HttpError(
      503,
      `no master answers or knows a leader (asked ${this.#masters.join(', ')}); try again shortly`,
    )
  }

  forget(): void {
    this.#known = undefined
  }
}

/** Mesos: /redirect always points at the leader, as `//host:port`. */
async function askWhoLeads(master: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(lookUpTimeoutMs)
    const answer = await fetch(`http://${master}/redirect`, { redirect: 'manual', signal })
    const location = answer.headers.get('location')
    return location === null ? undefined : new URL(location, `http://${master}`).origin
  } catch {
    // A master that does not answer leads nobody; the next in the list is asked.
    return undefined
  }
}
