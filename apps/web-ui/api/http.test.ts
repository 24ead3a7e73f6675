import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from './zod.ts'
import { ApiError, describeFailure, parseAnswer } from './http.ts'

describe('a failed answer', () => {
  it("of Marathon carries the fields' errors", () => {
    const text = '{"message":"Object is not valid","details":[{"path":"/id","errors":["must not be empty"]}]}'
    assert.deepEqual(describeFailure(422, text).fields, [{ path: '/id', errors: ['must not be empty'] }])
    assert.equal(describeFailure(422, text).message, 'Object is not valid')
  })
  it('with text details joins them', () =>
    assert.equal(describeFailure(400, '{"message":"Invalid JSON","details":"line 1"}').message, 'Invalid JSON: line 1'))
  it('of Mesos is its plain text', () =>
    assert.equal(describeFailure(400, 'No framework found\n').message, 'No framework found'))
  it('of a proxy in HTML is not shown', () =>
    assert.equal(describeFailure(502, '<html>').message, 'The server answered 502.'))
  it('that does not fit its schema names the place', () =>
    assert.throws(
      () => parseAnswer('/v2/info', z.object({ version: z.string() }), {}),
      (error) => error instanceof ApiError && /v2\/info.*version/.test(error.message),
    ))
})
