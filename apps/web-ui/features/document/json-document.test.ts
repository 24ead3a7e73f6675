import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { errorsByField, fieldPath } from './field-errors.ts'
import { documentOf, getIn, setIn, withMember, withText } from './json-document.ts'
import type { Json } from './json-document.ts'

describe('one document behind form and editor', () => {
  const initial = documentOf({ id: '/a', unknown: { kept: [1] }, cpus: 1 })

  it('[dashboard 11.2] moves the text when the form writes, and unknown members survive', () => {
    const next = withMember(initial, ['cpus'], 2)
    assert.equal(next.text, JSON.stringify({ id: '/a', unknown: { kept: [1] }, cpus: 2 }, null, 2))
  })
  it('moves the form when the editor writes', () =>
    assert.deepEqual(withText(initial, '{"id":"/b"}').value, { id: '/b' }))
  it('keeps the last good value while the text is broken', () => {
    const broken = withText(initial, '{"id":')
    assert.equal(broken.state, 'broken')
    assert.deepEqual(broken.value, initial.value)
    assert.equal(withText(broken, '{}').state, 'valid')
  })
  it('refuses a document that is no object', () => assert.equal(withText(initial, '[]').state, 'broken'))
  it('removes emptied parents with their last member', () => {
    const nested = documentOf({ id: '/a', container: { docker: { image: 'x' } } })
    assert.deepEqual(withMember(nested, ['container', 'docker', 'image'], undefined).value, { id: '/a' })
  })
  it('writes and removes items of lists', () => {
    assert.deepEqual(setIn({ a: ['x'] }, ['a', 1], 'y'), { a: ['x', 'y'] })
    assert.deepEqual(setIn({ a: ['x', 'y'] }, ['a', 0], undefined), { a: ['y'] })
    assert.deepEqual(setIn({}, ['a', 0, 'b'], 1), { a: [{ b: 1 }] })
  })
  it('reads back what it wrote, and changes nothing beside it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()),
        fc.constantFrom('a', 'b', 'd'),
        fc.integer(),
        (value, key, next) => {
          const written = setIn(value as Json, [key, 'x'], next)
          assert.equal(getIn(written, [key, 'x']), next)
          for (const other of Object.keys(value))
            if (other !== key) assert.deepEqual(getIn(written, [other]), value[other])
        },
      ),
    )
  })
})

describe("the server's errors", () => {
  it('find their field by any spelling of the path', () => {
    assert.equal(fieldPath('/healthChecks(0)/path'), 'healthChecks.0.path')
    assert.equal(fieldPath('/env(PW)/secret'), 'env.PW.secret')
    assert.equal(fieldPath('/'), '')
  })
  it('stand at the closest field, the rest on top', () => {
    const errors = errorsByField(
      [
        { path: '/healthChecks(0)/path', errors: ['bad path'] },
        { path: '/id', errors: ['error.path.missing'] },
        { path: '/', errors: ['either cmd or args'] },
      ],
      ['id', 'healthChecks'],
    )
    assert.equal(errors.at('healthChecks'), 'bad path')
    assert.equal(errors.at('id'), 'This is required.')
    assert.deepEqual(errors.elsewhere, [{ path: '/', errors: ['either cmd or args'] }])
  })
})
