import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore } from '../open-store.ts'

const writer = fileURLToPath(new URL('./fixtures/writer.ts', import.meta.url))
const isRoot = process.getuid?.() === 0

/** Lets the writer write for a while, kills it, and returns what it had printed as acknowledged. */
async function writeUntilKilled(path: string, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed = text(child.stdout)
  const exited = once(child, 'exit')
  await once(child.stdout, 'data')
  await sleep(afterMs)
  child.kill('SIGKILL')
  await exited
  // The last line may be cut; what came before it was acknowledged.
  return (await printed).split('\n').slice(0, -1)
}

test('after every kill -9 all acknowledged writes are there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'store-'))
  const path = join(directory, 'test.db')
  const acknowledged: string[] = []
  for (const afterMs of [0, 7, 31, 90, 150, 300]) {
    acknowledged.push(...(await writeUntilKilled(path, afterMs)))
    const store = await openStore(`sqlite:${path}`)
    const found = new Map((await store.list('acknowledged/')).entries.map(({ key, value }) => [key, value]))
    for (const n of acknowledged) assert.equal(found.get(`acknowledged/${n}`), n)
    await store.close()
  }
  assert.ok(acknowledged.length > 100)
  rmSync(directory, { recursive: true })
})

test(
  'a full disk is a typed error, loses nothing that was acknowledged, and passes once there is room',
  { skip: isRoot ? false : 'needs root to mount a small disk' },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'store-full-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
    assert.equal(mounted.status, 0, mounted.stderr.toString())
    try {
      const store = await openStore(`sqlite:${join(directory, 'test.db')}`)
      const filler = join(directory, 'filler')
      writeFileSync(filler, Buffer.alloc(1024 * 1024))
      let count = 0
      const write = () =>
        store.transact({ operations: [{ type: 'put', key: `k/${count}`, value: 'x'.repeat(20_000) }] })
      await assert.rejects(
        async () => {
          for (; ; count++) await write()
        },
        { code: 'STORE_FULL', message: /no space is left/ },
      )
      assert.equal((await store.list('k/')).entries.length, count)
      rmSync(filler)
      await write()
      assert.equal((await store.list('k/')).entries.length, count + 1)
      await store.close()
    } finally {
      spawnSync('umount', [directory])
      rmSync(directory, { recursive: true })
    }
  },
)
