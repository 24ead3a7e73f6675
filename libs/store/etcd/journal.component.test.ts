import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../open-store.ts'
import { EtcdCluster } from '../testing/index.ts'

const writer = fileURLToPath(new URL('./fixtures/large-writer.ts', import.meta.url))
const signal = new AbortController().signal
let cluster: EtcdCluster

before(async () => {
  cluster = await EtcdCluster.start()
})
after(() => cluster.close())

/** The steps of a writer of 4 MB: begun, staged, committed, and each chunk. */
const steps = ['begun', 'staged', 'committed', 'chunk 1', 'chunk 2', 'chunk 3', 'chunk 4', 'not killed']

for (const [step, name] of steps.entries()) {
  test(`a large transaction whose writer is killed at ‘${name}’ is whole or absent for the next leader`, async () => {
    const url = cluster.url(`journal-${step}`)
    const store = await openStore(url)
    await store.transact({ operations: [{ type: 'put', key: 'k/old', value: 'old' }] })
    const child = spawn(process.execPath, [writer, url, String(step)], { stdio: ['ignore', 'inherit', 'inherit'] })
    await once(child, 'exit')
    const isKilled = step < steps.length - 1
    assert.equal(child.signalCode, isKilled ? 'SIGKILL' : null)
    await cluster.ctl(['del', `journal-${step}/election/leader`])
    const leadership = await store.campaign('leader', { value: 'new', ttlMs: 5_000, signal })
    const { entries } = await store.list('k/')
    const isCommitted = step >= steps.indexOf('committed')
    if (isCommitted) {
      assert.equal(entries.length, 40)
      assert.ok(entries.every(({ value }) => value.startsWith('n')))
    } else
      assert.deepEqual(
        entries.map(({ key }) => key),
        ['k/old'],
      )
    // What the dead writer still had under way can no longer change what its successor writes.
    const operations = [{ type: 'delete-prefix', prefix: 'k/' }] as const
    assert.equal((await store.transact({ conditions: [{ type: 'leader', leadership }], operations })).applied, true)
    await (await openStore(url)).close()
    assert.deepEqual((await store.list('')).entries, [])
    assert.equal(await cluster.ctl(['get', '--prefix', '--keys-only', `journal-${step}/journal/head/`]), '')
    await store.close()
  })
}
