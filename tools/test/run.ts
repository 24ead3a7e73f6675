/**
 * Runs the tests of one project at one level: `node tools/test/run.ts <folder> unit|component|e2e`.
 * unit: *.test.ts but not *.component.test.ts; component: *.component.test.ts; e2e: *.e2e.ts.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const patterns: Record<string, string> = {
  unit: '*.test.ts',
  component: '*.component.test.ts',
  e2e: '*.e2e.ts',
}
const [folder = '.', level = 'unit', ...rest] = process.argv.slice(2)
const pattern = patterns[level]
if (pattern === undefined) throw new Error(`level is ${level}; allowed: ${Object.keys(patterns).join(', ')}`)
const nested = folder.startsWith('apps/') && !folder.endsWith('/core') ? `${folder}/core/` : undefined
const files = globSync(`${folder}/**/${pattern}`)
  .filter((file) => !file.includes('node_modules') && !(nested !== undefined && file.startsWith(nested)))
  .filter((file) => level !== 'unit' || !file.endsWith('.component.test.ts'))
  .sort()
if (files.length === 0) process.exit(0)
const concurrency = level === 'unit' ? '2' : '1'
const args = ['--test', `--test-concurrency=${concurrency}`, '--test-reporter=dot', ...rest, ...files]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exit(status ?? 1)
