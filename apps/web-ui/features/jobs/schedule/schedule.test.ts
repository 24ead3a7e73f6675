import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextRuns } from './next-runs.ts'
import { parseSchedule } from './schedule.ts'
import { scheduleWords } from './schedule-words.ts'
import { layOutStrip } from '../runs/run-strip.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const runs = (text: string, zone = '', count = 3) =>
  nextRuns(parseSchedule(text, zone), { zone, now, count }).runs.map((run) =>
    new Date(run).toISOString().replace('.000Z', 'Z'),
  )

describe('the preview of a schedule', () => {
  const table: [string, string, string, string[]][] = [
    [
      'an interval from a future start',
      'R/2026-03-02T00:00:00Z/PT6H',
      '',
      ['2026-03-02T00:00:00Z', '2026-03-02T06:00:00Z', '2026-03-02T12:00:00Z'],
    ],
    ['no start: now', 'R//PT1H', '', ['2026-03-01T12:00:00Z', '2026-03-01T13:00:00Z', '2026-03-01T14:00:00Z']],
    [
      'a past start: at once, then on its grid',
      'R/2026-01-01T00:30:00Z/PT1H',
      '',
      ['2026-03-01T12:00:00Z', '2026-03-01T12:30:00Z', '2026-03-01T13:30:00Z'],
    ],
    ['repetitions that end', 'R2/2026-03-02T00:00:00Z/P1D', '', ['2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z']],
    ['never', 'R0/2026-03-02T00:00:00Z/P1D', '', []],
    [
      'months clamped to their end, from the anchor',
      'R/2026-03-31T00:00:00Z/P1M',
      '',
      ['2026-03-31T00:00:00Z', '2026-04-30T00:00:00Z', '2026-05-31T00:00:00Z'],
    ],
    [
      'the wall clock of a zone, whatever offset is written',
      'R/2026-03-28T02:00:00Z/P1D',
      'Europe/Berlin',
      ['2026-03-28T01:00:00Z', '2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z'],
    ],
    [
      'an offset without a zone, for ever',
      'R/2026-03-28T09:00:00+02:00/P1D',
      '',
      ['2026-03-28T07:00:00Z', '2026-03-29T07:00:00Z', '2026-03-30T07:00:00Z'],
    ],
    ['cron in UTC', '30 4 * * *', '', ['2026-03-02T04:30:00Z', '2026-03-03T04:30:00Z', '2026-03-04T04:30:00Z']],
    [
      'cron in a zone',
      '0 9 * * 1-5',
      'Europe/Berlin',
      ['2026-03-02T08:00:00Z', '2026-03-03T08:00:00Z', '2026-03-04T08:00:00Z'],
    ],
    ['a named cron', '@daily', '', ['2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z', '2026-03-04T00:00:00Z']],
  ]
  for (const [name, text, zone, expected] of table)
    it(`shows ${name}`, () => assert.deepEqual(runs(text, zone), expected))

  it('takes the first of the two hours in autumn', () =>
    assert.deepEqual(runs('R/2026-10-25T02:30:00Z/P1D', 'Europe/Berlin', 1), ['2026-10-25T00:30:00Z']))

  const mistakes: [string, RegExp][] = [
    ['R/2026-03-01T00:00:00Z/P1H', /did you mean PT1H/],
    ['R/yesterday/PT1H', /start 'yesterday'/],
    ['R/2026-02-30T00:00:00Z/P1D', /not an ISO 8601 date/],
    ['R//PT0S', /at least one second/],
    ['* * *', /five fields.*has 3/],
    ['2026-01-01T00:00:00Z/PT1H', /starts with R/],
    ['', /schedule is needed/],
  ]
  for (const [text, expected] of mistakes)
    it(`says what is wrong with '${text}'`, () =>
      assert.match(nextRuns(parseSchedule(text), { zone: '', now, count: 1 }).problem ?? '', expected))
  it('names an unknown zone', () => assert.match(scheduleWords(parseSchedule('@daily', 'Mars/Base')), /Mars\/Base/))
})

describe('a schedule in words', () => {
  const table: [string, string, string][] = [
    ['R//PT15M', '', 'every 15 minutes'],
    ['R//PT1H', '', 'every hour'],
    ['R//PT1H30M', '', 'every 1 hour 30 minutes'],
    ['R/2026-03-01T04:00:00Z/P1D', 'Europe/Berlin', 'every day at 04:00, Europe/Berlin'],
    ['R5/2026-03-02T04:00:00Z/P1W', '', 'every week on Monday at 04:00, 5 times'],
    ['R/2026-03-01T00:00:00Z/P1M', '', 'every month on day 1 at 00:00'],
    ['R1//PT24H', '', 'once'],
    ['R0//PT1H', '', 'only by hand'],
    ['*/10 * * * *', '', 'every 10 minutes, UTC'],
    ['30 4 * * 1-5', 'Europe/Berlin', 'every weekday at 04:30, Europe/Berlin'],
    ['0 8 * * 1,4', '', 'every Monday and Thursday at 08:00, UTC'],
    ['5 * * * *', '', 'every hour at :05, UTC'],
    ['1 2 3 4 5', '', 'cron 1 2 3 4 5, UTC'],
  ]
  for (const [text, zone, expected] of table)
    it(`is '${expected}'`, () => assert.equal(scheduleWords(parseSchedule(text, zone), zone), expected))
})

describe('the strip of runs', () => {
  it('puts past and next runs on one honest axis', () => {
    const strip = layOutStrip([{ id: 'a', at: -60_000, status: 'healthy' }], [60_000], 0)
    assert.equal(strip.past[0]?.position, 0)
    assert.equal(strip.nowPosition, 0.5)
    assert.equal(strip.next[0]?.position, 1)
    assert.equal(strip.ticks.length, 5)
  })
  it('leaves out what is older than the axis', () => {
    const strip = layOutStrip(
      [
        { id: 'old', at: -900_000, status: 'healthy' },
        { id: 'new', at: -1_000, status: 'failing' },
      ],
      [60_000],
      0,
    )
    assert.deepEqual(
      strip.past.map((run) => run.id),
      ['new'],
    )
  })
})
