import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EngineTransaction } from '../engine/engine.ts'
import { StoreError } from '../errors.ts'
import { openStore } from '../open-store.ts'
import { SqliteEngine } from './sqlite-engine.ts'

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

/** A disk of two MiB in memory, for as long as `work` takes. */
async function onSmallDisk(work: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'store-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
  assert.equal(mounted.status, 0, mounted.stderr.toString())
  try {
    await work(directory)
  } finally {
    spawnSync('umount', [directory])
    rmSync(directory, { recursive: true })
  }
}

const smallDisk = { skip: isRoot ? false : 'needs root to mount a small disk' }

test(
  'a full disk is a typed error, loses nothing that was acknowledged, and passes once there is room',
  smallDisk,
  () =>
    onSmallDisk(async (directory) => {
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
    }),
)

/** Leaves room for so many pages and no more. */
function fillDisk(directory: string, pagesLeft: number): void {
  const { bavail, bsize } = statfsSync(directory)
  writeFileSync(join(directory, 'filler'), Buffer.alloc(bsize * Math.max(0, bavail - pagesLeft)))
}

const pair = (round: number): readonly EngineTransaction[] =>
  // Two transactions in one commit of some fifteen pages.
  ['a', 'b'].map((name) => ({
    conditions: [],
    operations: [{ type: 'put', key: `${name}/${round}`, value: `${round}`.padEnd(12_000, '.') }],
  }))

/** The rounds that are there, each whole. */
function roundsIn(engine: SqliteEngine): number[] {
  const rounds = (name: string): number[] =>
    engine.list(`${name}/`, {}).entries.map(({ key, value }) => {
      assert.equal(value, value.split('.')[0]?.padEnd(12_000, '.'))
      return Number(key.slice(2))
    })
  assert.deepEqual(rounds('a'), rounds('b'))
  assert.equal(engine.revision(), 2 * rounds('a').length)
  return rounds('a').sort((one, other) => one - other)
}

/** Whether the disk was full for it, told as it should be. */
function isRefused(engine: SqliteEngine, transactions: readonly EngineTransaction[]): boolean {
  try {
    engine.transactAll(transactions)
    return false
  } catch (error) {
    assert.ok(error instanceof StoreError)
    assert.equal(error.code, 'STORE_FULL')
    assert.match(error.message, /no space is left/)
    return true
  }
}

/** What another process finds in the file. */
function pairsSeen(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare("SELECT count(*) AS count FROM entries WHERE key LIKE 'a/%'").get()
  database.close()
  return row?.['count']
}

/** One commit on a fresh store with that much room; whether it was refused. */
function commitWithRoom(directory: string, pagesLeft: number): boolean {
  const path = join(directory, `${pagesLeft}.db`)
  const engine = new SqliteEngine(path)
  engine.transactAll(pair(1))
  fillDisk(directory, pagesLeft)
  const refused = isRefused(engine, pair(2))
  const expected = refused ? [1] : [1, 2]
  assert.deepEqual(roundsIn(engine), expected)
  assert.equal(pairsSeen(path), expected.length)
  rmSync(join(directory, 'filler'))
  engine.transactAll(pair(3))
  engine.close()
  const again = new SqliteEngine(path)
  assert.deepEqual(roundsIn(again), [...expected, 3])
  again.close()
  rmSync(path)
  return refused
}

test(
  '[reliability R9b] wherever in a commit the disk is full, nothing of it is there, and the next one passes with room',
  smallDisk,
  () =>
    onSmallDisk((directory) => {
      let pagesLeft = 0
      while (commitWithRoom(directory, pagesLeft)) pagesLeft += 1
      assert.ok(pagesLeft > 8, `the disk was full at ${pagesLeft} places of the commit`)
    }),
)
