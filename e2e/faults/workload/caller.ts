/** Requests to servers that may be gone, paused or replaced at any moment, and what is known of each afterwards. */

export type Outcome = 'acknowledged' | 'refused' | 'unknown'

export type Answer = {
  readonly outcome: Outcome
  readonly status: number | undefined
  readonly text: string
  readonly sentAt: number
  readonly answeredAt: number
}

type Ask = { readonly method?: string; readonly path: string; readonly body?: unknown }

const timeoutMs = 10_000

/** A connection that was refused carried nothing. */
const neverArrived = (error: unknown): boolean => {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(code))
}

const outcomeOf = (status: number): Outcome => {
  if (status < 300) return 'acknowledged'
  // A server may have done what was asked before it failed, or the one it was handed to.
  return status >= 500 ? 'unknown' : 'refused'
}

/** One client of a group of servers; each request goes to the one that answered last, then to the others. */
export class Caller {
  readonly #bases: readonly string[]
  readonly #timeoutMs: number
  #first = 0

  constructor(bases: readonly string[], options: { readonly timeoutMs?: number } = {}) {
    this.#bases = bases
    this.#timeoutMs = options.timeoutMs ?? timeoutMs
  }

  /** Never rejects. Follows redirects to the leader. */
  async ask(ask: Ask): Promise<Answer> {
    const sentAt = Date.now()
    let isOpen = false
    for (let tried = 0; tried < this.#bases.length; tried += 1) {
      const index = (this.#first + tried) % this.#bases.length
      const answer = await this.#askOne(this.#bases[index] ?? '', ask)
      if (typeof answer === 'object') {
        this.#first = index
        return { ...answer, outcome: isOpen ? 'unknown' : answer.outcome, sentAt, answeredAt: Date.now() }
      }
      // What may have been done by one must not be asked of another as if it had not.
      if (answer === 'unknown') isOpen = true
      if (isOpen) break
    }
    this.#first = (this.#first + 1) % this.#bases.length
    return { outcome: isOpen ? 'unknown' : 'refused', status: undefined, text: '', sentAt, answeredAt: Date.now() }
  }

  async #askOne(base: string, ask: Ask): Promise<Pick<Answer, 'outcome' | 'status' | 'text'> | Outcome> {
    try {
      const answer = await fetch(base + ask.path, {
        method: ask.method ?? 'GET',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(ask.body !== undefined && { body: JSON.stringify(ask.body) }),
      })
      return { outcome: outcomeOf(answer.status), status: answer.status, text: await answer.text() }
    } catch (error) {
      return neverArrived(error) ? 'refused' : 'unknown'
    }
  }

  /** The body of the first successful GET; undefined when nobody answers it. */
  async read<T>(path: string): Promise<T | undefined> {
    for (let tried = 0; tried < this.#bases.length; tried += 1) {
      const answer = await this.#askOne(this.#bases[this.#first] ?? '', { path })
      if (typeof answer === 'object' && answer.outcome === 'acknowledged') return JSON.parse(answer.text) as T
      this.#first = (this.#first + 1) % this.#bases.length
    }
    return undefined
  }
}
