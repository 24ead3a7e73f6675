/** Silent about what passes, whole about what fails; one summary line and a record of every test by name. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

type Outcome = {
  readonly name: string
  readonly file: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly ms: number
}

const label = process.env.TEST_LABEL ?? 'tests'
const recordPath = process.env.TEST_RECORD

const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : ''
  return cause === '' ? (error.stack ?? error.message) : cause
}

const indent = (text: string): string => text.replaceAll(/^/gm, '    ')

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const outcomes: Outcome[] = []
  const started = Date.now()
  for await (const event of source) {
    if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      if (process.env.TEST_OUTPUT !== undefined) yield event.data.message
      continue
    }
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, file = '', skip, todo } = event.data
    const ms = Math.round(event.data.details.duration_ms)
    // Of a suite its tests count; one that is skipped has none.
    if (event.data.details.type === 'suite' && skip === undefined) continue
    if (event.type === 'test:fail') {
      outcomes.push({ name, file, outcome: 'failed', ms })
      yield `FAILED ${file}\n  ${name}\n${indent(describeError(event.data.details.error))}\n`
      continue
    }
    const skipped = skip !== undefined || todo !== undefined
    outcomes.push({ name, file, outcome: skipped ? 'skipped' : 'passed', ms })
    if (skipped) yield `SKIPPED ${file}\n  ${name}: ${typeof skip === 'string' ? skip : 'no reason named'}\n`
  }
  const count = (outcome: Outcome['outcome']): number => outcomes.filter((one) => one.outcome === outcome).length
  if (recordPath !== undefined) {
    mkdirSync(dirname(recordPath), { recursive: true })
    writeFileSync(recordPath, JSON.stringify({ label, outcomes }))
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  yield `${label}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped (${seconds} s)\n`
}
