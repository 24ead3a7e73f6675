/**
 * Commits a second of each engine, and what they do to the event loop: transactions called at the same time, which
 * SQLite commits together and etcd takes one after the other; and writes as one transaction, as the loop of a core makes
 * them of all that was decided while the one before was written.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openStore } from './open-store.ts'
import { SqliteEngine } from './sqlite/sqlite-engine.ts'
import type { Store } from './store.ts'
import { EtcdCluster } from './testing/index.ts'

const RUN_MS = 2_000
const VALUE = 'x'.repeat(500)

/** What a loop writes at once: one transaction, within one request to etcd and above it. */
async function large(store: Store, valueBytes: number): Promise<string> {
  const value = 'x'.repeat(valueBytes)
  const operations = Array.from({ length: 4096 }, (_, i) => ({ type: 'put', key: `large/${i}`, value }) as const)
  const startedAt = performance.now()
  for (let i = 0; i < 5; i++) await store.transact({ operations })
  return `${((performance.now() - startedAt) / 5).toFixed(0)} ms`
}

/** Writes a second when so many are one transaction, one transaction after the other. */
async function grouped(store: Store, size: number): Promise<string> {
  const startedAt = performance.now()
  const lastedMs: number[] = []
  const cpu = process.cpuUsage()
  let count = 0
  while (performance.now() - startedAt < RUN_MS) {
    const put = () => ({ type: 'put', key: `bench/${count++ % 5000}`, value: VALUE }) as const
    const from = performance.now()
    await store.transact({ operations: Array.from({ length: size }, put) })
    lastedMs.push(performance.now() - from)
  }
  const { user, system } = process.cpuUsage(cpu)
  lastedMs.sort((a, b) => a - b)
  const quantile = (share: number): string => (lastedMs[Math.floor(lastedMs.length * share)] ?? 0).toFixed(1)
  const perSecond = Math.round((count * 1000) / (performance.now() - startedAt))
  const cpuUs = ((user + system) / count).toFixed(1)
  return `${perSecond} writes/s, ${cpuUs} us of CPU each, p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`
}

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
// On a disk in memory: what etcd and the way to it cost, without anybody's fsync.
const etcd = await EtcdCluster.start()
for (const url of [`sqlite:${join(directory, 'bench.db')}`, 'memory:', etcd.url('bench')]) {
  const store = await openStore(url)
  for (const groupSize of [1, 10, 100, 1000]) {
    console.log(`${url.split(':')[0]}, ${groupSize} at a time: ${await rate(store, groupSize)}`)
  }
  for (const size of [1, 10, 100, 1000]) {
    console.log(`${url.split(':')[0]}, ${size} writes as one: ${await grouped(store, size)}`)
  }
  for (const valueBytes of [200, 1000]) {
    console.log(`${url.split(':')[0]}, 4096 writes of ${valueBytes} bytes as one: ${await large(store, valueBytes)}`)
  }
  await store.close()
}
await etcd.close()
console.log(`sqlite in the calling thread, 1 at a time: ${inThread(join(directory, 'sync.db'))}`)
rmSync(directory, { recursive: true })
