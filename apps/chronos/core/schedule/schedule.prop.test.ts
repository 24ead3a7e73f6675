import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cursorAfter, firstCursor, lastUntil, nextCursor, parseSchedule, renderSchedule, upcoming } from './schedule.ts'
import type { Cursor, Schedule } from './schedule.ts'

const day = 86_400_000
const epoch = Temporal.Instant.from('2024-01-01T00:00:00Z').epochMilliseconds

const zones = [
  '',
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
]
const periods = ['PT1S', 'PT90M', 'PT24H', 'P1D', 'P1W', 'P1M', 'P1Y', 'P2M3D', 'P1DT1H', 'PT1.5S', 'P3M']

type Sample = { readonly text: string; readonly zone: string }
const isoSample: fc.Arbitrary<Sample> = fc
  .record({
    offsetMs: fc.integer({ min: 0, max: 800 * day }),
    repetitions: fc.constantFrom('', '1', '2', '7', '100'),
    period: fc.constantFrom(...periods),
    zone: fc.constantFrom(...zones),
    suffix: fc.constantFrom('Z', '+02:00', '-0330', ''),
  })
  .map(({ offsetMs, repetitions, period, zone, suffix }) => {
    const local = Temporal.Instant.fromEpochMilliseconds(epoch + offsetMs).toString({ smallestUnit: 'millisecond' })
    return { text: `R${repetitions}/${local.slice(0, -1)}${suffix}/${period}`, zone }
  })
const cronSample: fc.Arbitrary<Sample> = fc.record({
  text: fc.constantFrom('*/15 * * * *', '0 9 * * 1-5', '30 2 * * *', '0 0 1,15 * *', '@monthly'),
  zone: fc.constantFrom(...zones),
})

function parse({ text, zone }: Sample): Schedule {
  const parsed = parseSchedule(text, { zone, now: epoch })
  assert.ok(parsed.ok, parsed.ok ? '' : `${text}: ${parsed.error}`)
  return parsed.schedule
}

/** The obvious way: one step after the other. */
function walkAfter(schedule: Schedule, from: Cursor, time: number): Cursor {
  let cursor = from
  while (cursor.at !== undefined && cursor.at <= time) cursor = nextCursor(schedule, cursor)
  return cursor
}

const parameters = { numRuns: Number(process.env['FC_RUNS'] ?? 500), verbose: 1 } as const
const seeded =
  process.env['FC_SEED'] === undefined ? parameters : { ...parameters, seed: Number(process.env['FC_SEED']) }

test('[chronos 25] [chronos 27] [chronos 28] skipping ahead lands where walking does', () => {
  fc.assert(
    fc.property(isoSample, fc.nat({ max: 300 }), fc.integer({ min: -5_000, max: 5_000 }), (sample, steps, nudgeMs) => {
      const schedule = parse(sample)
      let cursor = firstCursor(schedule, epoch)
      for (let i = 0; i < steps % 20; i++) cursor = nextCursor(schedule, cursor)
      let target = cursor
      for (let i = 0; i < steps; i++) target = nextCursor(schedule, target)
      const time = (target.at ?? epoch) + nudgeMs
      const walked = walkAfter(schedule, cursor, time)
      assert.deepEqual(cursorAfter(schedule, cursor, time), walked, sample.text)
      if (cursor.at === undefined || cursor.at > time) return
      const last = lastUntil(schedule, cursor, time)
      assert.equal(last.passed, walked.index - cursor.index - 1)
      assert.ok(last.at <= time)
    }),
    seeded,
  )
})

test('[chronos 35] skipping ahead in cron lands where walking does', () => {
  fc.assert(
    fc.property(cronSample, fc.integer({ min: 0, max: 20 * day }), (sample, ms) => {
      const schedule = parse(sample)
      const cursor = firstCursor(schedule, epoch)
      const time = epoch + ms
      assert.equal(cursorAfter(schedule, cursor, time).at, walkAfter(schedule, cursor, time).at)
      if (cursor.at === undefined || cursor.at > time) return
      const { at } = lastUntil(schedule, cursor, time)
      assert.ok(at <= time && (nextCursor(schedule, { index: 0, at }).at ?? Infinity) > time)
    }),
    { ...seeded, numRuns: Math.min(100, seeded.numRuns) },
  )
})

test('[chronos 30] what is shown of a sequence parses back to the same future', () => {
  fc.assert(
    fc.property(isoSample, fc.nat({ max: 40 }), (sample, steps) => {
      const schedule = parse(sample)
      let cursor = firstCursor(schedule, epoch)
      for (let i = 0; i < steps; i++) cursor = nextCursor(schedule, cursor)
      const shown = parse({ text: renderSchedule(schedule, cursor, undefined), zone: sample.zone })
      assert.equal(firstCursor(shown, epoch).at, cursor.at, 'the next run')
      // Month ends are clamped from the anchor, which the text cannot carry; all else is the same for ever.
      if (/[MY](?!.*T)/.test(sample.text.split('/').at(-1) ?? '')) return
      const wallClock = isShifted(schedule, cursor)
      if (wallClock) return
      const options = { count: 10, left: undefined }
      assert.deepEqual(
        upcoming(shown, firstCursor(shown, epoch), options),
        upcoming(schedule, cursor, options),
        sample.text,
      )
    }),
    seeded,
  )
})

/** On the day of a spring gap the shown wall clock is not the one of the anchor; with hours added, on any day after. */
function isShifted(schedule: Schedule, cursor: Cursor): boolean {
  if (schedule.type === 'cron' || cursor.at === undefined) return true
  const shown = Temporal.Instant.fromEpochMilliseconds(cursor.at).toZonedDateTimeISO(schedule.start.timeZoneId)
  const hasDays = schedule.period.days + schedule.period.weeks > 0
  return hasDays && (schedule.periodText.includes('T') || !shown.toPlainTime().equals(schedule.start.toPlainTime()))
}

test('nominal times only ever grow', () => {
  fc.assert(
    fc.property(isoSample, (sample) => {
      const schedule = parse(sample)
      const times = upcoming(schedule, firstCursor(schedule, epoch), { count: 50, left: undefined })
      for (const [i, time] of times.entries()) assert.ok(i === 0 || time > (times[i - 1] ?? Infinity), sample.text)
    }),
    seeded,
  )
})
