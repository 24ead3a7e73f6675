/**
 * Runs the tests of one project at one level: `node tools/test/run.ts <folder> unit|component|e2e|timed|faults`.
 * unit: *.test.ts but not *.component.test.ts; component: *.component.test.ts; e2e: *.e2e.ts, but those in the folders
 * `timed` and `faults` are levels of their own: the first hold the time at which something happens and so run alone.
 * With CI=true a skipped test is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const levels: Record<string, { pattern: string; concurrency: number; timeoutMs: number }> = {
  unit: { pattern: '*.test.ts', concurrency: 2, timeoutMs: 120_000 },
  component: { pattern: '*.component.test.ts', concurrency: 2, timeoutMs: 180_000 },
  e2e: { pattern: '*.e2e.ts', concurrency: 2, timeoutMs: 600_000 },
  timed: { pattern: 'timed/*.e2e.ts', concurrency: 1, timeoutMs: 600_000 },
  faults: { pattern: 'faults/*.e2e.ts', concurrency: 2, timeoutMs: 600_000 },
}

const [folder = '.', levelName = 'unit', ...rest] = process.argv.slice(2)
const level = levels[levelName]
if (level === undefined) throw new Error(`level is ${levelName}; allowed: ${Object.keys(levels).join(', ')}`)

const core = folder.startsWith('apps/') && !folder.endsWith('/core') ? `${folder}/core/` : undefined
const files = globSync(`${folder}/**/${level.pattern}`, { exclude: (path) => path.includes('node_modules') })
  .filter((file) => core === undefined || !file.startsWith(core))
  .filter((file) => levelName !== 'unit' || !file.endsWith('.component.test.ts'))
  .filter((file) => levelName !== 'e2e' || !/\/(timed|faults)\//.test(file))
  .sort()
if (files.length === 0) process.exit(0)

const record = fileURLToPath(
  new URL(`../../dist/tests/${folder.replaceAll('/', '-')}.${levelName}.json`, import.meta.url),
)
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${level.concurrency}`,
    `--test-timeout=${level.timeoutMs}`,
    `--test-reporter=${fileURLToPath(new URL('./reporter.ts', import.meta.url))}`,
    '--test-reporter-destination=stdout',
    ...rest,
    ...files,
  ],
  { stdio: 'inherit', env: { ...process.env, TEST_LABEL: `${folder} ${levelName}`, TEST_RECORD: record } },
)
const skipped = existsSync(record) && readFileSync(record, 'utf8').includes('"outcome":"skipped"')
if (skipped && process.env.CI === 'true') process.stderr.write('A skipped test is a failure with CI=true.\n')
process.exit(status === 0 && skipped && process.env.CI === 'true' ? 1 : (status ?? 1))
