import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cursorAfter, firstCursor, nextCursor, parseSchedule, renderSchedule, upcoming } from './schedule.ts'
import type { Schedule } from './schedule.ts'

const now = Temporal.Instant.from('2026-01-01T00:00:00Z').epochMilliseconds
const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds

function parse(text: string, zone = ''): Schedule {
  const result = parseSchedule(text, { zone, now })
  assert.ok(result.ok, result.ok ? '' : result.error)
  return result.schedule
}

const times = (text: string, options: { readonly zone?: string; readonly count?: number } = {}): string[] => {
  const schedule = parse(text, options.zone)
  const left = schedule.type === 'iso' ? schedule.repetitions : undefined
  return upcoming(schedule, firstCursor(schedule, now), { count: options.count ?? 3, left }).map((time) =>
    Temporal.Instant.fromEpochMilliseconds(time).toString(),
  )
}

test('[chronos 21] [chronos 22] [chronos 23] R for ever, Rn for n runs, R0 for none', () => {
  assert.deepEqual(times('R/2026-01-01T06:00:00Z/PT2S'), [
    '2026-01-01T06:00:00Z',
    '2026-01-01T06:00:02Z',
    '2026-01-01T06:00:04Z',
  ])
  assert.equal(times('R2/2026-01-01T06:00:00Z/PT2S', { count: 9 }).length, 2)
  assert.deepEqual(times('R0/2026-01-01T00:00:00Z/P1D'), [])
  assert.deepEqual(times('R1//PT24H'), ['2026-01-01T00:00:00Z'])
})

test('[chronos 27] month ends are clamped from the anchor, not from the last run', () => {
  assert.deepEqual(times('R/2026-01-31T00:00:00Z/P1M'), [
    '2026-01-31T00:00:00Z',
    '2026-02-28T00:00:00Z',
    '2026-03-31T00:00:00Z',
  ])
})

test('[chronos 28] a time zone re-labels the wall clock and keeps it over a clock change', () => {
  const zone = 'Europe/Berlin'
  assert.deepEqual(times('R/2026-07-01T09:00:00Z/P1D', { zone, count: 1 }), ['2026-07-01T07:00:00Z'])
  assert.deepEqual(times('R/2026-03-28T09:00:00/P1D', { zone, count: 2 }), [
    '2026-03-28T08:00:00Z',
    '2026-03-29T07:00:00Z',
  ])
  assert.deepEqual(times('R/2026-03-28T09:00:00/PT24H', { zone, count: 2 }), [
    '2026-03-28T08:00:00Z',
    '2026-03-29T08:00:00Z',
  ])
})

test('[chronos 28] a local time in the spring gap shifts that day alone, one in the autumn overlap runs once', () => {
  const zone = 'Europe/Berlin'
  assert.deepEqual(times('R/2026-03-28T02:30:00/P1D', { zone }), [
    '2026-03-28T01:30:00Z',
    '2026-03-29T01:30:00Z',
    '2026-03-30T00:30:00Z',
  ])
  assert.deepEqual(times('R/2026-10-25T02:30:00/P1D', { zone, count: 2 }), [
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ])
})

test('[chronos 26] starts are read in every ISO form that the original reads', () => {
  const starts: Record<string, string> = {
    '2026-03-01T02:00Z': '2026-03-01T02:00:00Z',
    '2026-03-01T02Z': '2026-03-01T02:00:00Z',
    '2026-03-01T02:00:00.123Z': '2026-03-01T02:00:00.123Z',
    '2026-03-01T02:00:00+01:00': '2026-03-01T01:00:00Z',
    '2026-03-01T02:00:00+0100': '2026-03-01T01:00:00Z',
    '2026-03-01T02:00:00-08': '2026-03-01T10:00:00Z',
    '2026-03-01': '2026-03-01T00:00:00Z',
    '2026-03': '2026-03-01T00:00:00Z',
    '2026': '2026-01-01T00:00:00Z',
    '2026-W10-1': '2026-03-02T00:00:00Z',
    '2026-060': '2026-03-01T00:00:00Z',
    'T05:50Z': '1970-01-01T05:50:00Z',
  }
  for (const [start, expected] of Object.entries(starts)) {
    assert.deepEqual(times(`R1/${start}/PT1H`), [expected], start)
  }
})

test('[chronos 18] [chronos 26] a schedule that cannot be read says which part is wrong', () => {
  const wrong: Record<string, RegExp> = {
    'R/20260301T020000Z/PT1H': /'20260301T020000Z' is not a date/,
    'R/2026-02-30T00:00:00Z/PT1H': /is not a date/,
    'R/2026-03-01T24:00:00Z/PT1H': /is not a date/,
    'R/2026-03-01 02:00/PT1H': /is not a date/,
    'R/2026-01-01T00:00:00Z/P1H': /did you mean PT1H\?/,
    'R/2026-01-01T00:00:00Z/PT': /is not a period/,
    'R/2026-01-01T00:00:00Z/PT1.5H': /is not a period/,
    'R/2026-01-01T00:00:00Z/PT0.5S': /at least one second/,
    'R/2026-01-01T00:00:00Z/P': /at least one second/,
    'R/1969-01-01T00:00:00Z/PT1H': /before 1970!/,
    'r/2026-01-01T00:00:00Z/PT1H': /R\[n\]\/\[start\]\/period/,
    'every day': /5 fields/,
    '61 * * * *': /Cannot parse schedule '61/,
  }
  for (const [text, expected] of Object.entries(wrong)) {
    const result = parseSchedule(text, { zone: '', now })
    assert.match(result.ok ? 'it was accepted' : result.error, expected, text)
  }
  const zone = parseSchedule('R//PT1H', { zone: 'Mars/Olympus', now })
  assert.match(zone.ok ? '' : zone.error, /no such time zone/)
})

test('[chronos 29] zones are read as Java reads them', () => {
  assert.deepEqual(times('R1/2026-01-01T00:00:00/P1D', { zone: 'PST' }), ['2026-01-01T08:00:00Z'])
  assert.deepEqual(times('R1/2026-01-01T00:00:00/P1D', { zone: 'GMT+2' }), ['2025-12-31T22:00:00Z'])
  assert.deepEqual(times('R1/2026-01-01T00:00:00/P1D', { zone: 'CEST' }), ['2026-01-01T00:00:00Z'])
})

test('[chronos 35] cron runs in the zone of the job, after its creation', () => {
  assert.deepEqual(times('0 9 * * 1-5', { zone: 'Europe/Berlin', count: 2 }), [
    '2026-01-01T08:00:00Z',
    '2026-01-02T08:00:00Z',
  ])
  assert.deepEqual(times('@hourly', { count: 1 }), ['2026-01-01T01:00:00Z'])
})

test('skipping ahead lands on the first time after, however far', () => {
  const schedule = parse('R/1970-01-02T00:00:00Z/P1M')
  const cursor = cursorAfter(schedule, firstCursor(schedule, now), at('2026-06-15T00:00:00Z'))
  assert.equal(cursor.at, at('2026-07-02T00:00:00Z'))
  assert.equal(cursor.index, 56 * 12 + 6)
  assert.deepEqual(cursorAfter(schedule, cursor, at('2026-06-20T00:00:00Z')), cursor)
  assert.equal(nextCursor(schedule, cursor).at, at('2026-08-02T00:00:00Z'))
})

test('[chronos 30] the text stays as posted until the first run, then shows what is left and the next start', () => {
  const schedule = parse('R5/2026-01-01T00:00:00Z/P1D')
  const first = firstCursor(schedule, now)
  assert.equal(renderSchedule(schedule, first, 5), 'R5/2026-01-01T00:00:00Z/P1D')
  assert.equal(renderSchedule(schedule, nextCursor(schedule, first), 4), 'R4/2026-01-02T00:00:00.000Z/P1D')
  const zoned = parse('R/2026-07-01T09:00:00/P1D', 'Europe/Berlin')
  const second = nextCursor(zoned, firstCursor(zoned, now))
  assert.equal(renderSchedule(zoned, second, undefined), 'R/2026-07-02T09:00:00.000+02:00/P1D')
})
