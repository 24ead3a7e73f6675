import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SseDecoder } from './sse-decoder.ts'

const stream =
  'event: status_update_event\r\ndata: {"a":1}\r\n\r\n\r\n: comment\ndata: one\ndata: two\n\nevent: empty\n\n'
const expected = [
  { type: 'status_update_event', data: '{"a":1}' },
  { type: 'message', data: 'one\ntwo' },
]

describe('server-sent events', () => {
  it('are read with either line end; heartbeats and events without data say nothing', () =>
    assert.deepEqual(new SseDecoder().push(stream), expected))

  it('do not depend on where the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const decoder = new SseDecoder()
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length]
        const found = edges.slice(1).flatMap((end, index) => decoder.push(stream.slice(edges[index], end)))
        assert.deepEqual(found, expected)
      }),
      { numRuns: 500 },
    )
  })
})
