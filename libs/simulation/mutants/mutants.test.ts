import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { mutants } from './planted/index.ts'
import { patched, rootUrl } from './patch.ts'

test('there are at least 40 planted bugs with names of their own', () => {
  assert.ok(mutants.length >= 40)
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length)
})

for (const mutant of mutants) {
  test(`the place of the planted bug ${mutant.name} is there once, and the file stays a program`, () => {
    const source = readFileSync(new URL(mutant.file, rootUrl), 'utf8')
    stripTypeScriptTypes(patched(mutant, source))
  })
}

test('a process that loads a planted bug runs it, and no file is changed', () => {
  const roll = new URL('apps/marathon/core/deployment/roll.ts', rootUrl).href
  const input = { target: 4, minimumHealthCapacity: 1, maximumOverCapacity: 0.5, oldHealthy: 4, oldUnhealthy: 0 }
  const program = `
    const { planRoll } = await import('${roll}')
    const plan = planRoll(${JSON.stringify({ ...input, dying: 0, fresh: 0, ready: 0 })})
    process.stdout.write(String(plan.killHealthy))`
  const run = (...flags: string[]): string =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', program], { encoding: 'utf8' })
  const hook = new URL('hook.ts', import.meta.url).href
  assert.equal(run(), '0')
  assert.equal(run('--import', `${hook}?rolling-update-kills-one-too-many`), '1')
  assert.equal(run(), '0')
})
