/** What was recorded of Apache Mesos 1.12, what ours answer to the same questions, and how many are equal. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Encoding } from './encodings.ts'

type Observation = { readonly scenario: string; readonly step: string; readonly value: unknown }

const recorded = (name: string): string => new URL(`./recorded/${name}`, import.meta.url).pathname
const readObservations = (path: string): Observation[] => JSON.parse(readFileSync(path, 'utf8')) as Observation[]
const ratchet = JSON.parse(readFileSync(new URL('./ratchet.json', import.meta.url), 'utf8')) as Record<
  Encoding,
  Record<string, number>
>

const keyOf = ({ scenario, step }: Observation): string => `${scenario} / ${step}`

function unequal(reference: readonly Observation[], ours: readonly Observation[]): string[] {
  const values = new Map(ours.map((one) => [keyOf(one), JSON.stringify(one.value)]))
  const different = reference.filter((one) => values.get(keyOf(one)) !== JSON.stringify(one.value))
  return different.map(
    (one) => `${keyOf(one)}\n  Mesos ${JSON.stringify(one.value)}\n  ours  ${values.get(keyOf(one))}`,
  )
}

export type Recording = {
  readonly master: string
  readonly agent: string
  readonly out: string
  readonly more?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Asks ours everything and writes the answers to `out`. */
export async function record({ master, agent, out, more = [], env = {} }: Recording): Promise<void> {
  const args = [recorded('conformance.mjs'), 'record', '--master', master, '--agent', agent, '--out', out, ...more]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let progress = ''
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()))
  const [status] = (await once(child, 'exit')) as [number | null]
  assert.equal(status, 0, progress)
}

export const scenariosFile = (name: string): string => recorded(name)

type Expected = {
  /** Scenarios of which every answer must be equal. */
  readonly mustEqual?: readonly string[]
  readonly encoding: Encoding
}

/** Equal answers may only become more, in each encoding. */
export function assertEqualEnough(name: string, out: string, { mustEqual = [], encoding }: Expected): void {
  const reference = readObservations(recorded(name))
  const different = unequal(reference, readObservations(out))
  const equal = reference.length - different.length
  const wanted = ratchet[encoding][name] ?? 0
  const story = `${equal} of ${reference.length} are equal, ${wanted} were; different:\n${different.join('\n')}`
  assert.ok(equal >= wanted, story)
  const forbidden = different.filter((one) => mustEqual.some((scenario) => one.startsWith(`${scenario} / `)))
  assert.deepEqual(forbidden, [])
}
