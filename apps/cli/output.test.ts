import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageText, table } from './output.ts'

test('a table is as wide as its cells and aligns numbers to the right', () => {
  assert.equal(
    table(
      ['ID', 'N'],
      [
        ['/web', 2],
        ['/a', 10],
      ],
    ),
    'ID     N\n/web   2\n/a    10',
  )
})

test('an age is told in its largest unit', () => {
  assert.deepEqual([0, 59_400, 61_000, 7_300_000, 9e8].map(ageText), ['0 s', '59 s', '1 min', '2 h', '10 d'])
})
