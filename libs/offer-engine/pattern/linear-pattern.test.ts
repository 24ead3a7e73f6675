import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LinearPattern } from './linear-pattern.ts'

const letter = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\bb', '\\B', '^', '$', '')
const pattern = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    letter,
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,}', '*?')).map(([a, q]) => `(?:${a})${q}`),
  ),
})).node

test('a pattern matches what the regular expressions of the language match', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
      const linear = new LinearPattern(source)
      const native = new RegExp(`^(?:${source})$`)
      for (const each of texts) assert.equal(linear.matches(each), native.test(each), `${source} on "${each}"`)
    }),
    { numRuns: 500 },
  )
})

test('a hostile pattern costs no more than its length', () => {
  const linear = new LinearPattern('(a+)+(a|a)*(a*)*b')
  assert.equal(linear.matches('a'.repeat(2000)), false)
})

test('ranges, escapes, names and flags are understood', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['rack-[0-9a-f]{2}', 'rack-3e', true],
    ['rack-[0-9a-f]{2}', 'rack-3g', false],
    ['\\d+\\.\\d+', '10.4', true],
    ['[\\w.-]+', 'eu-west.1', true],
    ['[]a]+', ']a', true],
    ['[a-]+', 'a-', true],
    ['(?P<zone>a|b)c', 'bc', true],
    ['(?i)RACK', 'rack', true],
    ['\\x41\\x{42}', 'AB', true],
    ['\\Aé+\\z', 'ééé', true],
  ]
  for (const [source, text, matches] of cases) assert.equal(new LinearPattern(source).matches(text), matches, source)
})

test('what is no pattern is refused with the reason', () => {
  const refused = ['(', ')', '[a', '*', 'a{2,1}', 'a{1001}', '(?=a)', '(?<!a)', '\\1', '\\q', '(?P<x', 'a\\', '[b-a]']
  for (const source of refused) assert.throws(() => new LinearPattern(source), Error, source)
  assert.throws(() => new LinearPattern('((a{100}){100}){100}'), /too large/)
  assert.throws(() => new LinearPattern('('.repeat(200) + ')'.repeat(200)), /nested too deeply/)
})
