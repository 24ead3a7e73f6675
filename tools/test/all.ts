/**
 * Every check of the project, in the order of what fails fastest. `npm test -- <step> …` runs the named steps alone.
 * Prints one line a step and ends with `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installNeeds } from './packages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const records = `${root}dist/tests`
const node = process.execPath
const tsc = [node, 'node_modules/typescript-7/bin/tsc', '-p']
const nx = (target: string, ...more: string[]): string[] => [
  'nx',
  'run-many',
  '-t',
  target,
  '--outputStyle=static',
  ...more,
]

const seeds = 200

const steps: Record<string, readonly (readonly string[])[]> = {
  format: [['prettier', '--check', '--log-level=warn', '.']],
  types: [
    [...tsc, 'tsconfig.json'],
    [...tsc, 'apps/web-ui/tsconfig.json'],
  ],
  // One process for all: the types behind the rules are read once instead of once a project.
  lint: [['eslint', '--no-warn-ignored', '.']],
  unit: [nx('test')],
  simulate: [[node, 'libs/simulation/simulate.ts', '--seeds', String(seeds)]],
  mutants: [[node, 'libs/simulation/simulate.ts', '--mutants', '--recorded']],
  build: [nx('build')],
  component: [nx('component', '--parallel=1')],
  e2e: [nx('e2e', '--parallel=1')],
  timed: [nx('timed', '--parallel=1')],
  faults: [nx('faults', '--parallel=1')],
}

const environment = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  FORCE_COLOR: '0',
  // The cache is shared by all checkouts of a machine: a result from there proves nothing of this one.
  ...(process.env.CI === 'true' && { NX_SKIP_NX_CACHE: 'true' }),
}

const run = ([command = '', ...args]: readonly string[]): boolean =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: environment }).status === 0

/** Steps that count as one test, by what that test is called. */
const single: Readonly<Record<string, string>> = {
  simulate: `simulate ${seeds} seeds`,
  mutants: 'find every planted bug at its recorded seed',
}

function recordSingle(step: string, name: string, ok: boolean): void {
  mkdirSync(records, { recursive: true })
  const outcomes = [{ name, outcome: ok ? 'passed' : 'failed' }]
  writeFileSync(`${records}/simulation.${step}.json`, JSON.stringify({ outcomes }))
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => steps[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(`Unknown step ${unknown.join(', ')}; allowed: ${Object.keys(steps).join(', ')}.\n`)
  process.exit(2)
}

rmSync(records, { recursive: true, force: true })
const missing = installNeeds()
if (missing.length > 0 && process.env.CI === 'true') {
  process.stderr.write('With CI=true a missing package is a failure.\n')
  process.exit(1)
}

const failed: string[] = []
for (const name of asked.length > 0 ? asked : Object.keys(steps)) {
  const started = Date.now()
  process.stdout.write(`\n== ${name}\n`)
  const ok = (steps[name] ?? []).every(run)
  process.stdout.write(`== ${name} ${ok ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
  if (!ok) failed.push(name)
  const title = single[name]
  if (title !== undefined) recordSingle(name, title, ok)
}

const outcomes = globSync(`${records}/*.json`).flatMap((path) =>
  (JSON.parse(readFileSync(path, 'utf8')) as { outcomes: { outcome: string }[] }).outcomes.map((one) => one.outcome),
)
const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length
if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`)
process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`)
process.exit(failed.length > 0 ? 1 : 0)
