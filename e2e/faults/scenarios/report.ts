/** What runs came to, kept as JSON to which later runs add, and shown as Markdown. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export type Outcome = {
  readonly name: string
  readonly seed: number
  readonly startedAt: string
  readonly durationMs: number
  readonly counts: Readonly<Record<string, number>>
  /** By what was timed. */
  readonly timesMs: Readonly<Record<string, readonly number[]>>
  readonly violations: readonly string[]
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN

const seconds = (ms: number): string => (ms / 1000).toFixed(2)

function timeRow([what, times]: readonly [string, readonly number[]]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const cells = [quantile(sorted, 0.5), quantile(sorted, 0.95), sorted.at(-1) ?? Number.NaN].map(seconds)
  return `| ${what} | ${times.length} | ${cells.join(' | ')} |`
}

/** Sums of the counts and all times of the runs of one name. */
function merge(runs: readonly Outcome[]): Pick<Outcome, 'counts' | 'timesMs'> {
  const counts: Record<string, number> = {}
  const timesMs: Record<string, number[]> = {}
  for (const run of runs) {
    for (const [what, count] of Object.entries(run.counts)) counts[what] = (counts[what] ?? 0) + count
    for (const [what, times] of Object.entries(run.timesMs)) (timesMs[what] ??= []).push(...times)
  }
  return { counts, timesMs }
}

function section(name: string, runs: readonly Outcome[]): string {
  const { counts, timesMs } = merge(runs)
  const minutes = (runs.reduce((sum, { durationMs }) => sum + durationMs, 0) / 60_000).toFixed(1)
  const violations = runs.flatMap((run) => run.violations.map((text) => `- seed ${run.seed}: ${text}`))
  return [
    `## ${name}`,
    '',
    `${runs.length} runs, ${minutes} minutes, seeds ${runs.map(({ seed }) => seed).join(', ')}.`,
    '',
    '| count | |',
    '| --- | ---: |',
    ...Object.entries(counts).map(([what, count]) => `| ${what} | ${count} |`),
    `| violations | ${violations.length} |`,
    '',
    '| time to recover, s | n | median | 95 % | maximum |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...Object.entries(timesMs)
      .filter(([, times]) => times.length > 0)
      .map(timeRow),
    '',
    ...violations,
    '',
  ].join('\n')
}

export const toMarkdown = (runs: readonly Outcome[]): string =>
  [...Map.groupBy(runs, ({ name }) => name)].map(([name, own]) => section(name, own)).join('\n')

/** Adds a run to `<path>.json` and writes all of them to `<path>.md`. */
export function addToReport(path: string, run: Outcome): void {
  mkdirSync(dirname(path), { recursive: true })
  const file = `${path}.json`
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome[]) : []
  const runs = [...before, run]
  writeFileSync(file, JSON.stringify(runs, null, 1) + '\n')
  writeFileSync(`${path}.md`, toMarkdown(runs))
}
