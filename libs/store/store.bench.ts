/** Commits a second of each engine, one at a time and in groups, and what a commit does to the event loop. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openStore } from './open-store.ts'
import { SqliteEngine } from './sqlite/sqlite-engine.ts'
import type { Store } from './store.ts'

const RUN_MS = 2_000
const VALUE = 'x'.repeat(500)

async function rate(store: Store, groupSize: number): Promise<string> {
  // Finer than this its own timer disturbs what it measures.
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < RUN_MS) {
    const put = (i: number) => ({ type: 'put', key: `bench/${(count + i) % 5000}`, value: VALUE }) as const
    await Promise.all(Array.from({ length: groupSize }, (_, i) => store.transact({ operations: [put(i)] })))
    count += groupSize
  }
  delay.disable()
  const perSecond = Math.round((count * 1000) / (performance.now() - startedAt))
  const lateMs = delay.percentile(99) / 1e6 - 20
  // The memory engine answers within the turn, so the loop's timers do not run at all here.
  const loop = lateMs < 0 ? '' : `, event loop late by ${lateMs.toFixed(1)} ms (p99)`
  return `${perSecond} transactions/s${loop}`
}

function inThread(path: string): string {
  const engine = new SqliteEngine(path)
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < RUN_MS) {
    const operations = [{ type: 'put', key: `bench/${count++ % 5000}`, value: VALUE }] as const
    engine.transactAll([{ conditions: [], operations }])
  }
  engine.close()
  return `${Math.round((count * 1000) / RUN_MS)} transactions/s, the event loop stands still meanwhile`
}

const directory = mkdtempSync(join(tmpdir(), 'store-bench-'))
for (const url of [`sqlite:${join(directory, 'bench.db')}`, 'memory:']) {
  const store = await openStore(url)
  for (const groupSize of [1, 10, 100, 1000]) {
    console.log(`${url.split(':')[0]}, ${groupSize} at a time: ${await rate(store, groupSize)}`)
  }
  await store.close()
}
console.log(`sqlite in the calling thread, 1 at a time: ${inThread(join(directory, 'sync.db'))}`)
rmSync(directory, { recursive: true })
