/** Attacks one endpoint after the other and tells what became of it. */
import { errorMessage } from '@thermosphere/effects'
import { createHash } from 'node:crypto'
import type { Config } from './config.ts'
import { endpointNames, endpointOf } from './endpoints.ts'
import type { Endpoint, EndpointName } from './endpoints.ts'
import { drawAttack } from './make-request.ts'
import type { Attack } from './make-request.ts'
import { difference } from './read-state.ts'
import { Sender } from './send.ts'
import type { Memory, Target } from './target.ts'

export type EndpointReport = {
  readonly endpoint: EndpointName
  readonly seed: number
  readonly calls: number
  /** How many answers had which status; `closed` is none. */
  readonly statuses: Readonly<Record<string, number>>
  readonly mutations: Readonly<Record<string, number>>
  readonly seconds: number
  readonly memory: { readonly before: Memory; readonly after: Memory }
  readonly state: { readonly before: string; readonly after: string }
  readonly defects: readonly string[]
}

/** So often it is looked whether anything has changed. */
const blockCalls = 1_000
/** Code is compiled and caches are filled before memory is measured. */
const warmUpCalls = 2_000
const progressCalls = 10_000
const growthMaxMib = 8
const defectsMax = 20
const shownBytesMax = 1_500
const notImplemented = 501

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Why an answer is not what the request deserves. */
export function complaint({ verdict, raw }: Attack, status: number): string | undefined {
  if (status === 0) return raw === undefined ? 'there was no answer' : undefined
  if (status >= 500 && (status !== notImplemented || verdict === 'refused')) return `the answer is ${status}`
  if (verdict === 'refused' && status < 400) return `the answer is ${status} though it is no call`
  return undefined
}

class Run {
  readonly statuses: Record<string, number> = {}
  readonly mutations: Record<string, number> = {}
  readonly defects: string[] = []
  readonly #target: Target
  readonly #endpoint: Endpoint
  readonly #config: Config
  #next: number

  constructor(target: Target, endpoint: Endpoint, config: Config) {
    this.#target = target
    this.#endpoint = endpoint
    this.#config = config
    this.#next = config.from
  }

  /** All calls up to a number, some at once. */
  async callsUntil(end: number): Promise<void> {
    const { connections } = this.#config
    const sender = new Sender(this.#target.url(this.#endpoint.server), connections)
    const work = async (): Promise<void> => {
      while (this.#next < end && this.defects.length < defectsMax) await this.#call(sender, this.#next++)
    }
    try {
      await Promise.all(Array.from({ length: connections }, work))
    } finally {
      sender.close()
    }
  }

  async #call(sender: Sender, call: number): Promise<void> {
    const attack = drawAttack(this.#endpoint, this.#target.live, { seed: this.#config.seed, call })
    const count = (counts: Record<string, number>, name: string): void => void (counts[name] = (counts[name] ?? 0) + 1)
    let problem: string | undefined
    try {
      const status = await sender.send(attack)
      count(this.statuses, status === 0 ? 'closed' : String(status))
      problem = complaint(attack, status)
    } catch (error) {
      problem = errorMessage(error)
    }
    count(this.mutations, attack.mutation)
    if (problem !== undefined) this.defects.push(`call ${call} (${attack.mutation}): ${problem}: ${shown(attack)}`)
  }
}

function shown({ method, path, headers, body, raw }: Attack): string {
  const sent = Buffer.from(raw ?? body).subarray(0, shownBytesMax)
  const isText = headers['Content-Type'] === 'application/json'
  return `${method} ${path} ${JSON.stringify(headers)} ${isText ? sent.toString() : sent.toString('base64')}`
}

export async function attackEndpoint(target: Target, name: EndpointName, config: Config): Promise<EndpointReport> {
  const endpoint = endpointOf(name)
  const run = new Run(target, endpoint, config)
  const { calls, from, seed } = config
  const before = await target.state()
  const startedAt = performance.now()
  await run.callsUntil(from + Math.min(calls, warmUpCalls))
  const memory = await target.memory(endpoint.server)
  for (let end = from; end < from + calls && run.defects.length === 0;) {
    end = Math.min(end + blockCalls, from + calls)
    await run.callsUntil(end)
    const damage = target.damage() ?? difference(before, await target.state())
    if (damage !== undefined) run.defects.push(`before call ${end}: ${damage}`)
    if ((end - from) % progressCalls === 0) process.stderr.write(`${name}: ${end} ${JSON.stringify(run.statuses)}\n`)
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  const after = target.damage() === undefined ? await target.state() : 'gone'
  const grown = target.damage() === undefined ? await target.memory(endpoint.server) : memory
  if (grown.liveMib - memory.liveMib > growthMaxMib)
    run.defects.push(`the live heap grew from ${memory.liveMib} to ${grown.liveMib} MiB`)
  return {
    endpoint: name,
    seed,
    calls: Object.values(run.mutations).reduce((sum, count) => sum + count, 0),
    statuses: run.statuses,
    mutations: run.mutations,
    seconds,
    memory: { before: memory, after: grown },
    state: { before: shortHash(before), after: shortHash(after) },
    defects: run.defects,
  }
}

export const wantedEndpoints = ({ endpoint }: Config): EndpointName[] =>
  endpointNames.filter((name) => endpoint.includes(name))
