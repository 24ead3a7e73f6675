import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { diffLines, isChanged } from './diff.ts'

describe('a difference of lines', () => {
  it('shows what was added and removed with its surroundings', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f'].join('\n')
    const after = ['a', 'b', 'X', 'd', 'e', 'f'].join('\n')
    assert.deepEqual(
      diffLines(before, after, 1).map((line) => `${line.kind}:${line.text}`),
      ['gap:1 unchanged line', 'same:b', 'removed:c', 'added:X', 'same:d', 'gap:2 unchanged lines'],
    )
  })
  it('of equal texts has no change', () => assert.equal(isChanged(diffLines('a\nb', 'a\nb')), false))
  it('holds both texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }).map((lines) => lines.join('\n'))
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after)
        const lines = diffLines(before, after, 99)
        assert.equal(
          lines
            .filter((line) => line.kind !== 'added')
            .map((line) => line.text)
            .join('\n'),
          before,
        )
        assert.equal(
          lines
            .filter((line) => line.kind !== 'removed')
            .map((line) => line.text)
            .join('\n'),
          after,
        )
      }),
    )
  })
})
