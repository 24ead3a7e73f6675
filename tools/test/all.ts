/**
 * Every check of the project. `npm test -- <step> …` runs the named steps alone. The steps that only compute run one
 * after the other beside those that wait for processes, and are told as they end; one that holds times comes last.
 * Prints one line a step and ends with `N passed, N failed, N skipped`.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installNeeds } from './packages.ts'
import { Programs } from './programs.ts'
import { steps } from './steps.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const records = `${root}dist/tests`

const env = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  FORCE_COLOR: '0',
  // The cache is shared by all checkouts of a machine: a result from there proves nothing of this one.
  ...(process.env.CI === 'true' && { NX_SKIP_NX_CACHE: 'true' }),
}

const programs = new Programs({ root, env })

const say = (text: string): void => void process.stdout.write(text)

function recordTest(step: string, name: string, ok: boolean): void {
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

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    programs.end()
    process.exit(1)
  })
}

const failed: string[] = []

async function runStep(name: string): Promise<void> {
  const { commands = [], isBackground = false, test } = steps[name] ?? {}
  const started = Date.now()
  if (!isBackground) say(`\n== ${name}\n`)
  let ok = true
  let output = isBackground ? `\n== ${name}, beside the others\n` : ''
  for (const words of commands) {
    if (!ok) break
    const ended = await (isBackground ? programs.runBeside(words) : programs.runInFront(words))
    ok = ended.ok
    output += ended.output
  }
  say(`${output}== ${name} ${ok ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
  if (!ok) failed.push(name)
  if (test !== undefined) recordTest(name, test, ok)
}

async function runInOrder(names: readonly string[]): Promise<void> {
  for (const name of names) await runStep(name)
}

const wanted = asked.length > 0 ? asked : Object.keys(steps)
const alone = wanted.filter((name) => steps[name]?.isAlone)
const background = wanted.filter((name) => steps[name]?.isBackground)
const front = wanted.filter((name) => !alone.includes(name) && !background.includes(name))

await Promise.all([runInOrder(front).then(() => programs.stopYielding()), runInOrder(background)])
await runInOrder(alone)

const outcomes = globSync(`${records}/*.json`).flatMap((path) =>
  (JSON.parse(readFileSync(path, 'utf8')) as { outcomes: { outcome: string }[] }).outcomes.map((one) => one.outcome),
)
const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length
if (failed.length > 0) say(`\nFailed: ${failed.join(', ')}\n`)
say(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`)
process.exit(failed.length > 0 ? 1 : 0)
