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
  await (await written()).close()
  const whole = await readFile(path)
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1
  for (let length = lastLine; length < whole.length; length++) {
    await writeFile(path, whole.subarray(0, length))
    const journal = await open()
    assert.deepEqual([...journal.entries().keys()].sort(), ['a/3', 'b'], `cut at ${length}`)
    await journal.persist([put('d', 'later')])
    await journal.close()
    const again = await open()
    assert.deepEqual([...again.entries().keys()].sort(), ['a/3', 'b', 'd'])
    await again.close()
  }
})

test('damage before the end stops a strict agent and costs another only the damaged batch', async () => {
  await (await written()).close()
  const data = await readFile(path)
  data[data.indexOf('three')] = 0x54
  await writeFile(path, data)
  await assert.rejects(open(), /is damaged at byte \d+; restore it/)
  const journal = await open(false)
  assert.equal(journal.damagedCount, 1)
  assert.deepEqual([...journal.entries().keys()].sort(), ['a/1', 'a/2', 'c'])
  await journal.close()
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
