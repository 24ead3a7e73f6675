/**
 * What an agent's checkpoint takes of updates: batches of one and of many writes, each synced to disk before anybody is
 * told. The loop of the agent makes a batch of all that came while the one before was written.
 *
 * `node apps/agent/shell/checkpoint/journal.bench.ts 1 10 100`: so many writes a batch.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Journal } from './journal.ts'

const runMs = 3_000
/** A status update as it is stored, in bytes. */
const value = 'x'.repeat(600)
/** Tasks of the agent, whose records are written again and again. */
const taskCount = 1_000

const given = process.argv.slice(2).map(Number)
let before: { readonly size: number; readonly cpuUs: number } | undefined
for (const size of given.length > 0 ? given : [1, 10, 100]) {
  const directory = await mkdtemp(join(tmpdir(), 'journal-bench-'))
  const journal = await Journal.open({ path: join(directory, 'agent.journal'), strict: true })
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
  const batchMs: number[] = []
  let count = 0
  while (performance.now() - startedAt < runMs) {
    const writes = Array.from({ length: size }, () => {
      return { type: 'put', key: `tasks/${count++ % taskCount}`, value } as const
    })
    const from = performance.now()
    await journal.persist(writes)
    batchMs.push(performance.now() - from)
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const cpuUs = (user + system) / count
  batchMs.sort((a, b) => a - b)
  const quantile = (share: number): number => Math.round((batchMs[Math.floor(batchMs.length * share)] ?? 0) * 10) / 10
  const figures = {
    name: 'checkpoint of an agent',
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    node: process.version,
    writesABatch: size,
    writesASecond: Math.round(count / seconds),
    batchMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1 - 1 / batchMs.length) },
    cpuUsAWrite: Math.round(cpuUs),
    /** Processor time a batch against its size: 1 is linear. */
    growth: before && Math.round(((cpuUs * size) / (before.cpuUs * before.size) / (size / before.size)) * 100) / 100,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  before = { size, cpuUs }
  await journal.close()
  await rm(directory, { recursive: true })
}
