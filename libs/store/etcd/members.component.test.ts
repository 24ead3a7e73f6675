/** Three members of etcd: killed, paused, without a majority; and what a leader and its writes make of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import { openStore } from '../open-store.ts'
import type { Leadership, Store } from '../store.ts'
import { EtcdCluster } from '../testing/index.ts'

const signal = new AbortController().signal
const TTL_MS = 10_000
let cluster: EtcdCluster
let prefixCount = 0

before(async () => {
  cluster = await EtcdCluster.start({ members: 3 })
})
after(() => cluster.close())

/** Writes one number after the other, each only on top of the one before, until it is stopped. */
class Counter {
  readonly #store: Store
  readonly #leadership: Leadership
  #isStopped = false
  acknowledged = 0
  readonly running: Promise<void>

  constructor(store: Store, leadership: Leadership) {
    this.#store = store
    this.#leadership = leadership
    this.running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.running
  }

  async #run(): Promise<void> {
    let revision: number | undefined
    while (!this.#isStopped) {
      const n = this.acknowledged + 1
      const before =
        revision === undefined
          ? ({ type: 'absent', key: 'n' } as const)
          : ({ type: 'revision', key: 'n', revision } as const)
      const operations = [
        { type: 'put', key: 'n', value: String(n) },
        { type: 'put', key: `each/${n}`, value: '' },
      ] as const
      const result = await this.#store.transact({
        conditions: [{ type: 'leader', leadership: this.#leadership }, before],
        operations,
      })
      assert.ok(result.applied, `write ${n} was refused although the one before it was acknowledged`)
      revision = result.revision
      this.acknowledged = n
    }
  }
}

async function progress(counter: Counter): Promise<void> {
  const from = counter.acknowledged
  while (counter.acknowledged < from + 20) await Promise.race([sleep(10), counter.running])
}

async function assertComplete(store: Store, count: number): Promise<void> {
  assert.equal((await store.get('n'))?.value, String(count))
  assert.equal((await store.list('each/')).entries.length, count)
}

test('[reliability R9] while each of three members is killed in turn every write is applied once and in order', async () => {
  const store = await openStore(cluster.url(`members-${prefixCount++}`))
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: TTL_MS, signal })
  const counter = new Counter(store, leadership)
  const watched: string[] = []
  const watching = (async () => {
    for await (const { changes } of store.watch('n', { fromRevision: 0, signal })) {
      watched.push(...changes.map(({ value }) => value ?? ''))
    }
  })().catch((error: unknown) => error)
  for (const member of cluster.members) {
    await progress(counter)
    await member.kill()
    await progress(counter)
    member.start()
    await cluster.ready()
  }
  await counter.stop()
  assert.equal(leadership.lost.aborted, false)
  await assertComplete(store, counter.acknowledged)
  while (watched.length < counter.acknowledged) await Promise.race([sleep(10), watching])
  assert.deepEqual(
    watched,
    Array.from({ length: counter.acknowledged }, (_, i) => String(i + 1)),
  )
  await store.close()
})

test('[reliability R10] while members are paused in turn, the leader of etcd too, writes and leadership go on', async () => {
  const store = await openStore(cluster.url(`members-${prefixCount++}`))
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: TTL_MS, signal })
  const counter = new Counter(store, leadership)
  await progress(counter)
  const leading = await cluster.leader()
  leading.pause()
  await progress(counter)
  leading.resume()
  await counter.stop()
  assert.equal(leadership.lost.aborted, false)
  await assertComplete(store, counter.acknowledged)
  await store.close()
})

test('[reliability R9] without a majority a leader steps down within its lease, and leads again with all of it back', async () => {
  const url = cluster.url(`members-${prefixCount++}`)
  const store = await openStore(url)
  await store.transact({ operations: [{ type: 'put', key: 'a', value: 'acknowledged' }] })
  const old = await store.campaign('leader', { value: 'x', ttlMs: 3_000, signal })
  const [first, second] = cluster.members
  assert.ok(first && second)
  await Promise.all([first.kill(), second.kill()])
  const killedAt = performance.now()
  const conditions = [{ type: 'leader', leadership: old }] as const
  const write = store.transact({ conditions, operations: [{ type: 'put', key: 'a', value: 'unknown' }] })
  await assert.rejects(write, (error: unknown) => error instanceof StoreError && error.code === 'STORE_UNKNOWN')
  if (!old.lost.aborted) await once(old.lost, 'abort')
  assert.ok(performance.now() - killedAt < 3_000 + 2_000, 'within the lease and two seconds')
  await assert.rejects(store.get('a'), { code: 'STORE_UNAVAILABLE' })
  first.start()
  second.start()
  await cluster.ready()
  const next = await store.campaign('leader', { value: 'x', ttlMs: 3_000, signal })
  assert.ok(next.token > old.token)
  const found = await store.get('a')
  assert.ok(found !== undefined && ['acknowledged', 'unknown'].includes(found.value))
  await sleep(500)
  assert.deepEqual(await store.get('a'), found)
  assert.deepEqual(await store.transact({ conditions, operations: [] }), { applied: false, failed: 0 })
  await store.close()
})

test('[reliability R9] defragmentation and compaction under writes and a watch lose and skip nothing', async () => {
  const store = await openStore(cluster.url(`members-${prefixCount++}`))
  const leadership = await store.campaign('leader', { value: 'x', ttlMs: TTL_MS, signal })
  const { revision } = await store.list('')
  const counter = new Counter(store, leadership)
  const watch = store.watch('each/', { fromRevision: revision, signal })[Symbol.asyncIterator]()
  let seen = 0
  const take = async (count: number): Promise<void> => {
    for (; seen < count; seen++) await watch.next()
  }
  await progress(counter)
  await take(counter.acknowledged)
  await cluster.compact(revision + 10)
  await cluster.ctl(['defrag'])
  await progress(counter)
  await counter.stop()
  // Nothing that was read ahead or comes later is missing.
  await take(counter.acknowledged)
  await assertComplete(store, counter.acknowledged)
  await store.close()
})
