import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { Journal } from './journal.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-test-'))
  path = join(directory, 'meta', 'agent.journal')
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const open = (strict = true): Promise<Journal> => Journal.open({ path, strict })
const put = (key: string, value: string) => ({ type: 'put' as const, key, value })

async function written(): Promise<Journal> {
  const journal = await open()
  await journal.persist([put('a/1', 'one'), put('a/2', 'two'), put('b', 'zwei\n"quoted"')])
  await journal.persist([{ type: 'delete-prefix', prefix: 'a/' }, put('a/3', 'three')])
  await journal.persist([{ type: 'delete', key: 'b' }, put('c', 'ü')])
  return journal
}

/** The file with its last batch, and the mark of before it: nobody was told that it is on disk. */
async function crashedWhileWriting(): Promise<{ readonly whole: Buffer; readonly mark: Buffer }> {
  const journal = await open()
  await journal.persist([put('a/1', 'one'), put('b', 'zwei')])
  await journal.persist([{ type: 'delete-prefix', prefix: 'a/' }, put('a/3', 'three')])
  const mark = await readFile(`${path}.synced`)
  await journal.persist([{ type: 'delete', key: 'b' }, put('c', 'ü')])
  await journal.close()
  return { whole: await readFile(path), mark }
}

test('what was persisted is there again, in the order in which it was written', async () => {
  await (await written()).close()
  const journal = await open()
  assert.deepEqual(
    [...journal.entries()],
    [
      ['a/3', 'three'],
      ['c', 'ü'],
    ],
  )
  await journal.close()
})

test('a torn last batch is dropped as if it had never been written, and writing goes on after it', async () => {
  const { whole, mark } = await crashedWhileWriting()
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1
  for (let length = lastLine; length < whole.length; length++) {
    await writeFile(path, whole.subarray(0, length))
    await writeFile(`${path}.synced`, mark)
    const journal = await open()
    assert.deepEqual([...journal.entries().keys()].sort(), ['a/3', 'b'], `cut at ${length}`)
    await journal.persist([put('d', 'later')])
    await journal.close()
    const again = await open()
    assert.deepEqual([...again.entries().keys()].sort(), ['a/3', 'b', 'd'])
    await again.close()
  }
})

test('a strict agent refuses damage and says where and what to do; another goes on with what lies before it', async () => {
  await (await written()).close()
  const data = await readFile(path)
  data[data.indexOf('three')] = 0x54
  await writeFile(path, data)
  await assert.rejects(open(), (error: Error) => {
    assert.match(error.message, /agent\.journal cannot be trusted: it is damaged at byte \d+ of \d+; restore the file/)
    return /--strict=false/.test(error.message)
  })
  assert.deepEqual(await readFile(path), data, 'nothing is changed by the refusal')
  const journal = await open(false)
  assert.deepEqual([...journal.entries().keys()].sort(), ['a/1', 'a/2', 'b'])
  assert.ok((journal.damage?.droppedBytes ?? 0) > 0)
  assert.deepEqual(await readFile(journal.damage?.savedAs ?? ''), data)
  await journal.persist([put('d', 'later')])
  await journal.close()
  const again = await open()
  assert.deepEqual([...again.entries().keys()].sort(), ['a/1', 'a/2', 'b', 'd'])
  await again.close()
})

test('a journal that lost batches of which others were told is refused, also when it was cut between two', async () => {
  await (await written()).close()
  const whole = await readFile(path)
  await writeFile(path, whole.subarray(0, whole.lastIndexOf('\n', whole.length - 2) + 1))
  await assert.rejects(open(), /it ends at byte \d+, but \d+ bytes were on disk/)
})

test('a journal put back from a copy of before its last compaction is refused as too old', async () => {
  await (await written()).close()
  const old = await readFile(path)
  const journal = await open()
  const big = 'x'.repeat(1024 * 1024)
  for (let round = 0; round < 12; round++) await journal.persist([put('big', big)])
  await journal.close()
  await writeFile(path, old)
  await assert.rejects(open(), /it is older than what this agent wrote last/)
})

test('a removed journal is a new beginning', async () => {
  await (await written()).close()
  await rm(path)
  const journal = await open()
  assert.equal(journal.entries().size, 0)
  await journal.persist([put('n', '1')])
  await journal.close()
  const again = await open()
  assert.deepEqual([...again.entries()], [['n', '1']])
  await again.close()
})

test('garbage after the last batch is cut off', async () => {
  await (await written()).close()
  await appendFile(path, Buffer.from([0, 1, 2, 3, 255]))
  const journal = await open()
  assert.equal(journal.entries().get('c'), 'ü')
  await journal.close()
})

test('a journal of mostly dead weight is rewritten and loses nothing', async () => {
  const journal = await open()
  const big = 'x'.repeat(1024 * 1024)
  for (let round = 0; round < 12; round++)
    await journal.persist([put('big', big), put(`small/${round}`, String(round))])
  assert.ok((await stat(path)).size < 6 * 1024 * 1024, 'it has shrunk')
  await journal.persist([put('last', '1')])
  await journal.close()
  const again = await open()
  assert.equal(again.entries().size, 14)
  assert.equal(again.entries().get('small/7'), '7')
  await again.close()
})
