import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const reporter = fileURLToPath(new URL('./reporter.ts', import.meta.url))

test('a group of tests that is skipped counts as one that was skipped, with its reason', () => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-reporter-`)
  try {
    const file = `${folder}/x.test.mjs`
    const skipped = `describe('all of it', { skip: 'needs x' }, () => test('one', () => {}))`
    const passed = `describe('the rest', () => test('two', () => {}))`
    writeFileSync(file, `import { describe, test } from 'node:test'\n${skipped}\n${passed}\n`)
    const { stdout } = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, file], {
      encoding: 'utf8',
      env: { TEST_RECORD: `${folder}/record.json` },
    })
    assert.match(stdout, /1 passed, 0 failed, 1 skipped/)
    assert.match(stdout, /all of it: needs x/)
    const { outcomes } = JSON.parse(readFileSync(`${folder}/record.json`, 'utf8')) as { outcomes: unknown[] }
    assert.equal(outcomes.length, 2)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
