/** A real journal of a real core, torn and flipped: what is damaged is detected, and never taken for the truth. */
import { recoverState, step } from '@thermosphere/agent-core'
import type { AgentInput, AgentState } from '@thermosphere/agent-core'
import { AGENT_ID, frameworkInfo, taskInfo, testConfig } from '@thermosphere/agent-core/testing'
import { createRandom } from '@thermosphere/effects'
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Journal } from './journal.ts'

const TAIL_BYTES = 4096
const FLIPS = 1000

const config = testConfig()

type Entries = ReadonlyMap<string, string>

let directory: string
let path: string
let whole: Buffer
let mark: Buffer
/** Length of the file after each batch, with what it holds then. */
const states = new Map<number, Entries>()
/** The core is deterministic: of the same entries it makes the same state. */
const recoveredPrefixes = new Set<number>()

const recovered = (entries: Entries, strict: boolean) => {
  const recovery = recoverState({ config, random: createRandom(1), now: 0, strict }, entries)
  assert.equal(recovery.type, 'recovered')
  assert.ok(recovery.type === 'recovered')
  assert.deepEqual(recovery.problems, [], 'batches are whole: whatever prefix is left is consistent')
  return recovery
}

class Writer {
  readonly #journal: Journal
  readonly #state: AgentState
  readonly #launched: string[] = []
  #now = 1000

  constructor(journal: Journal) {
    this.#journal = journal
    this.#state = recovered(new Map(), true).state
  }

  async input(input: AgentInput): Promise<void> {
    const feedback: AgentInput[] = []
    for (const effect of step(this.#state, input, this.#now++)) {
      if (effect.type === 'store' && effect.writes.length > 0) await this.#persist(effect.writes)
      if (effect.type === 'feedback') feedback.push(effect.input)
      if (effect.type === 'launch') this.#launched.push(effect.plan.containerId)
      if (effect.type === 'send' && effect.message.status_update !== undefined) {
        const { framework_id, status } = effect.message.status_update
        const ack = { framework_id, task_id: status.task_id, uuid: status.uuid ?? new Uint8Array() }
        // Some stay owed.
        if (status.task_id.value.endsWith('3')) continue
        feedback.push({ type: 'master', message: { type: 'STATUS_UPDATE_ACK', status_update_ack: ack } })
      }
    }
    for (const next of feedback) await this.input(next)
  }

  async task(id: string): Promise<void> {
    const run_task = { framework_info: frameworkInfo(), task: taskInfo(id), launch_executor: true }
    await this.input({ type: 'master', message: { type: 'RUN_TASK', run_task } })
    const containerId = this.#launched.at(-1) ?? ''
    await this.input({ type: 'launched', containerId, pid: 1, handle: { containerId } })
    if (!id.endsWith('5')) await this.input({ type: 'ended', containerId, end: { exitCode: 0 } })
  }

  async #persist(writes: Parameters<Journal['persist']>[0]): Promise<void> {
    await this.#journal.persist(writes)
    states.set((await readFile(path)).length, new Map(this.#journal.entries()))
  }
}

before(async () => {
  // What a file system forgets is not asked here, and thousands of waits for a disk are long.
  directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'journal-damage-'))
  path = join(directory, 'agent.journal')
  const journal = await Journal.open({ path, strict: true })
  states.set(0, new Map())
  states.set((await readFile(path)).length, new Map())
  const writer = new Writer(journal)
  await writer.input({ type: 'recovered', containers: [] })
  await writer.input({ type: 'link-up' })
  await writer.input({ type: 'master', message: { type: 'REGISTERED', registered: { agent_id: { value: AGENT_ID } } } })
  for (let task = 0; task < 16; task++) await writer.task(`t${task}`)
  await journal.close()
  whole = await readFile(path)
  mark = await readFile(`${path}.synced`)
  assert.ok(whole.length > 2 * TAIL_BYTES, String(whole.length))
})
after(() => rm(directory, { recursive: true }))

/** Opens a damaged copy strictly and leniently; `firstBad` is where its first untouched byte ends. */
async function check(data: Buffer, firstBad: number, what: string): Promise<void> {
  await writeFile(path, data)
  await writeFile(`${path}.synced`, mark)
  const open = (strict: boolean) => Journal.open({ path, strict })
  await assert.rejects(open(true), /agent\.journal cannot be trusted: .*; restore the file .*--strict=false/, what)
  assert.deepEqual(await readFile(path), data, `${what}: refusing changes nothing`)
  const journal = await open(false)
  const prefix = Math.max(...[...states.keys()].filter((length) => length <= firstBad))
  assert.deepEqual(new Map(journal.entries()), states.get(prefix), `${what}: the longest whole prefix`)
  assert.equal(journal.damage?.droppedBytes, data.length - prefix, what)
  if (!recoveredPrefixes.has(prefix)) recovered(journal.entries(), true)
  recoveredPrefixes.add(prefix)
  await journal.close()
  for (const name of await readdir(directory)) if (name.includes('damaged')) await rm(join(directory, name))
}

test('[reliability R8] a journal cut at any byte of its last 4 KiB is detected, and its valid prefix recovered', async () => {
  for (let length = whole.length - TAIL_BYTES; length < whole.length; length++) {
    await check(whole.subarray(0, length), length, `cut at ${length}`)
  }
})

test('[reliability R8] one flipped bit is detected wherever it is, and what lies before it recovered', async () => {
  const random = createRandom(8)
  for (let flip = 0; flip < FLIPS; flip++) {
    const at = Math.floor(random.fraction() * whole.length)
    const bit = 1 << Math.floor(random.fraction() * 8)
    const data = Buffer.from(whole)
    data[at] = (data[at] ?? 0) ^ bit
    await check(data, at, `bit ${bit} of byte ${at}`)
  }
})

test('[reliability R8] what a power failure leaves of a batch that nobody was told of does not stop a strict agent', async () => {
  const lengths = [...states.keys()].sort((a, b) => a - b)
  const told = lengths.at(-2) ?? 0
  const earlier = whole.subarray(0, told)
  await writeFile(path, earlier)
  await rm(`${path}.synced`)
  await (await Journal.open({ path, strict: true })).close()
  const markBefore = await readFile(`${path}.synced`)
  for (let length = told; length < whole.length; length += 7) {
    await writeFile(path, whole.subarray(0, length))
    await writeFile(`${path}.synced`, markBefore)
    const journal = await Journal.open({ path, strict: true })
    assert.deepEqual(new Map(journal.entries()), states.get(told))
    assert.equal(journal.damage, undefined)
    await journal.close()
  }
})
