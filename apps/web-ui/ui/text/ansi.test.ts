import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAnsi, plainText } from './ansi.ts'

describe('a terminal line', () => {
  it('becomes coloured segments', () =>
    assert.deepEqual(parseAnsi('a \u001b[1;31merror\u001b[0m b'), [
      { text: 'a ', colour: undefined, isBold: false },
      { text: 'error', colour: 'red', isBold: true },
      { text: ' b', colour: undefined, isBold: false },
    ]))
  it('loses cursor movements, titles and control characters', () =>
    assert.equal(plainText('\u001b[2J\u001b]0;title\u0007x\u0007y\u001b[10;3Hz\r'), 'xyz'))
  it('keeps markup as text', () => assert.equal(plainText('<img onerror=x>'), '<img onerror=x>'))
})
