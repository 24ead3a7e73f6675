import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { openStore } from '../open-store.ts'
import { SqliteEngine } from './sqlite-engine.ts'

const put = (key: string, value: string) => ({ type: 'put', key, value }) as const
const never = new AbortController().signal

function file(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'store-'))
  context.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'sub', 'test.db')
}

test('a store is found again with its values, revisions, change log and tokens', async (context) => {
  const path = file(context)
  const first = await openStore(`sqlite:${path}`)
  const held = await first.campaign('leader', { value: 'a', ttlMs: 60_000, signal: never })
  await first.transact({ operations: [put('a', '1')] })
  await first.transact({ operations: [put('a', '2'), put('b', '1')] })
  const before = await first.list('')
  await first.close()
  const again = await openStore(`sqlite:${path}`)
  assert.deepEqual(await again.list(''), before)
  const changes = await again.watch('', { fromRevision: 1, signal: never })[Symbol.asyncIterator]().next()
  assert.deepEqual(
    changes.value?.changes.map(({ value }: { value?: string }) => value),
    ['2', '1'],
  )
  assert.ok((await again.campaign('leader', { value: 'a', ttlMs: 1000, signal: never })).token > held.token)
  await again.close()
})

test('a file that is no database, and one of another program, are refused and stay as they are', async (context) => {
  const path = file(context)
  await (await openStore(`sqlite:${path}`)).close()
  const text = join(path, '..', 'notes.txt')
  writeFileSync(text, 'these are my notes, not a database, and they are longer than one SQLite header is.'.repeat(20))
  const foreign = join(path, '..', 'foreign.db')
  new DatabaseSync(foreign).exec('CREATE TABLE songs (title TEXT)')
  for (const other of [text, foreign]) {
    const content = readFileSync(other)
    await assert.rejects(openStore(`sqlite:${other}`), { code: 'STORE_CORRUPT', message: /choose another path/ })
    assert.deepEqual(readFileSync(other), content)
  }
})

test('a store of a newer version is refused', async (context) => {
  const path = file(context)
  await (await openStore(`sqlite:${path}`)).close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  await assert.rejects(openStore(`sqlite:${path}`), { code: 'STORE_SCHEMA_NEWER', message: /schema version 99/ })
})

test('a damaged file is told as such and never read as empty', async (context) => {
  const path = file(context)
  const store = await openStore(`sqlite:${path}`)
  for (let i = 0; i < 50; i++) await store.transact({ operations: [put(`k/${i}`, 'v'.repeat(1000))] })
  await store.close()
  const content = readFileSync(path)
  content.fill(0xa5, 4096 * 3, content.length)
  writeFileSync(path, content)
  await assert.rejects(openStore(`sqlite:${path}`), { code: 'STORE_CORRUPT', message: /is damaged/ })
})

test('a directory that is a file is told as such', async (context) => {
  const path = file(context)
  await (await openStore(`sqlite:${path}`)).close()
  await assert.rejects(openStore(`sqlite:${path}/x.db`), { code: 'STORE_UNAVAILABLE' })
})

test('the file does not grow without end: the change log and the WAL are bounded', async (context) => {
  const path = file(context)
  const store = await openStore(`sqlite:${path}`)
  const round = async (): Promise<number> => {
    const value = 'x'.repeat(100)
    await Promise.all(Array.from({ length: 12_000 }, () => store.transact({ operations: [put('a', value)] })))
    return statSync(path).size
  }
  await round()
  const second = await round()
  assert.ok((await round()) < second * 1.2)
  await store.close()
})

test('a killed leader is succeeded at once by another process, long before its lease ends', async (context) => {
  const path = file(context)
  const program = fileURLToPath(new URL('./fixtures/leader.ts', import.meta.url))
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const token = Number(line.toString())
  const store = await openStore(`sqlite:${path}`)
  const observed = store.observeLeader('leader', { signal: never })[Symbol.asyncIterator]()
  assert.deepEqual((await observed.next()).value, { token, value: 'child' })
  const candidate = store.campaign('leader', { value: 'parent', ttlMs: 600_000, signal: never })
  child.kill('SIGKILL')
  const held = await candidate
  assert.ok(held.token > token)
  await store.close()
})

test('whenever the process is killed, a reopened store holds a prefix of the transactions and all acknowledged', async (context) => {
  // Every group of commits is cut off at a random byte of the WAL, as a crash would.
  const path = file(context)
  const engine = new SqliteEngine(path)
  const sizes: number[] = []
  for (let i = 1; i <= 30; i++) {
    engine.transactAll([{ conditions: [], operations: [put('n', `${i}`), put(`k/${i}`, `${i}`)] }])
    sizes.push(statSync(`${path}-wal`).size)
  }
  const main = readFileSync(path)
  const wal = readFileSync(`${path}-wal`)
  engine.close()
  fc.assert(
    fc.property(fc.integer({ min: 0, max: wal.length }), (cut) => {
      const copy = join(mkdtempSync(join(tmpdir(), 'store-cut-')), 'cut.db')
      writeFileSync(copy, main)
      writeFileSync(`${copy}-wal`, wal.subarray(0, cut))
      const acknowledged = sizes.filter((size) => size <= cut).length
      const reopened = new SqliteEngine(copy)
      const count = Number(reopened.get('n')?.value ?? 0)
      assert.ok(count >= acknowledged, `${count} found, ${acknowledged} were acknowledged`)
      assert.equal(reopened.list('k/', {}).entries.length, count)
      assert.equal(reopened.revision(), count)
      reopened.close()
      rmSync(join(copy, '..'), { recursive: true })
    }),
    { numRuns: 60 },
  )
})
