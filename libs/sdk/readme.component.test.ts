/** What the README begins with is run as it stands there, with the address of a master of the test. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { clusterOf } from './testing/frameworks.ts'

test('the quickstart runs a task to its end and leaves nothing behind', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-sdk-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const cluster = await clusterOf(t)
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const quickstart = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  assert.match(quickstart, /127\.0\.0\.1:5050/)
  const code = quickstart
    .replace('127.0.0.1:5050', cluster.masters[0] ?? '')
    .replace("'hello.json'", JSON.stringify(`${folder}/hello.json`))
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    timeout: 60_000,
  })
  assert.deepEqual(stdout.trim().split('\n'), [
    'hello-1 TASK_STARTING',
    'hello-1 TASK_RUNNING',
    'hello-1 TASK_FINISHED',
  ])
  assert.equal(existsSync(`${folder}/hello.json`), false)
  assert.deepEqual((await cluster.state()).frameworks, [])
})
