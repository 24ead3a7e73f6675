/** Questions to the parts of a cluster over their public APIs. What was answered last is kept for messages. */
import { errorMessage } from '@thermosphere/effects'
import type { z } from 'zod'

/** A part that does not answer within this is not there for a test. */
const answerTimeoutMs = 10_000

export class Asker {
  readonly #urlsOf: (kind: string) => readonly string[]
  readonly #seen = new Map<string, unknown>()

  constructor(urlsOf: (kind: string) => readonly string[]) {
    this.#urlsOf = urlsOf
  }

  /** The answer of the first part of a kind that has one; standbys send the question on to their leader. */
  async ask<T>(kind: string, path: string, schema: z.ZodType<T>): Promise<T> {
    const name = `${kind} ${path}`
    try {
      const value = schema.parse(await (await this.send(kind, path)).json())
      this.#seen.set(name, value)
      return value
    } catch (error) {
      this.#seen.set(name, errorMessage(error))
      throw error
    }
  }

  async send(kind: string, path: string, init: RequestInit = {}): Promise<Response> {
    let failure: unknown = new Error(`there is no ${kind} that runs`)
    for (const url of this.#urlsOf(kind)) {
      try {
        const answer = await fetch(url + path, {
          ...init,
          headers: { accept: 'application/json', 'content-type': 'application/json', ...init.headers },
          signal: AbortSignal.timeout(answerTimeoutMs),
        })
        if (answer.ok) return answer
        failure = new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${await answer.text()}`)
        // Another one may lead; any other refusal is the leader's.
        if (answer.status !== 503) throw failure
      } catch (error) {
        if (error === failure) throw error
        failure = error
      }
    }
    throw failure
  }

  /** What was answered since the last call. */
  takeSeen(): ReadonlyMap<string, unknown> {
    const seen = new Map(this.#seen)
    this.#seen.clear()
    return seen
  }
}
