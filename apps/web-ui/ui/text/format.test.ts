import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytes, cpus, duration, mebibytes, momentOf, percent, relative, sentence, shortId } from './format.ts'

describe('formats', () => {
  const table: [string, unknown, unknown][] = [
    ['bytes', bytes(0), '0 B'],
    ['KiB', bytes(1536), '1.5 KiB'],
    ['large sizes without digits', bytes(200 * 1024 ** 2), '200 MiB'],
    ["Mesos' mebibytes", mebibytes(2048), '2 GiB'],
    ['cpus with two decimals at most', cpus(0.1 + 0.2), '0.3'],
    ['percent of nothing', percent(1, 0), '0%'],
    ['a duration of two units', duration(3_725_000), '1h 2m'],
    ['whole units alone', duration(3_600_000), '1h'],
    ['milliseconds', duration(350), '350ms'],
    ['the past', relative(0, 90_000), '1m ago'],
    ['the future', relative(7_200_000, 0), 'in 2h'],
    ['now', relative(10, 0), 'now'],
    ['ids keep both ends', shortId('abcdefghijklmnop', 9), 'abcd…mnop'],
    ['short ids stay', shortId('abc', 9), 'abc'],
    ['a sentence', sentence('its last run failed'), 'Its last run failed.'],
    ['an empty time', momentOf(''), undefined],
    ['an ISO time', momentOf('1970-01-01T00:00:01.000Z'), 1000],
  ]
  for (const [name, actual, expected] of table) it(`show ${name}`, () => assert.equal(actual, expected))
})
