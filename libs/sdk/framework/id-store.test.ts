import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { fileIdStore } from './id-store.ts'

function newPath(t: TestContext): string {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-sdk-`)
  t.after(() => rmSync(folder, { recursive: true }))
  return `${folder}/deep/id.json`
}

test('an id that was saved is there until it is cleared', async (t) => {
  const path = newPath(t)
  assert.equal(await fileIdStore(path).load(), undefined)
  await fileIdStore(path).save('framework-1')
  await fileIdStore(path).save('framework-2')
  assert.equal(await fileIdStore(path).load(), 'framework-2')
  await fileIdStore(path).clear()
  await fileIdStore(path).clear()
  assert.equal(await fileIdStore(path).load(), undefined)
})

test('a file that does not hold an id is never taken for none', async (t) => {
  const path = newPath(t)
  await fileIdStore(path).save('framework-1')
  const whole = readFileSync(path, 'utf8')
  for (const damaged of ['', whole.slice(0, 10), '{"version":2,"frameworkId":"x"}', '{"version":1,"frameworkId":""}']) {
    writeFileSync(path, damaged)
    await assert.rejects(fileIdStore(path).load(), { code: 'ID_STORE_FAILED', message: /id\.json does not hold/ })
  }
})
