import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER_BYTES_MAX } from '../limits.ts'
import { readAnswer } from './read-answer.ts'

const answers = [
  ['HTTP/1.1 202 Accepted\r\ncontent-length:0\r\n\r\n', { status: 202, text: '', isLast: false }],
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2 \r\n\r\nok',
    { status: 200, text: 'ok', isLast: false },
  ],
  ['HTTP/1.1 204 No Content\r\n\r\n', { status: 204, text: '', isLast: false }],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA;x\r\n0123456789\r\n0\r\n\r\n',
    { status: 200, text: 'ab0123456789', isLast: false },
  ],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n',
    { status: 200, text: '', isLast: false },
  ],
  ['HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye', { status: 503, text: 'bye', isLast: true }],
  ['HTTP/1.0 202 Accepted\r\nContent-Length: 0\r\n\r\n', { status: 202, text: '', isLast: true }],
  [
    'HTTP/1.0 202 Accepted\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n',
    { status: 202, text: '', isLast: false },
  ],
] as const

test('an answer is read once all of it is there, wherever the bytes are cut', () => {
  for (const [text, expected] of answers) {
    const bytes = Buffer.from(text)
    for (let length = 0; length < bytes.length; length++)
      assert.equal(readAnswer(bytes.subarray(0, length)), undefined, `${length} bytes of ${text}`)
    const more = Buffer.concat([bytes, Buffer.from('HTTP/1.1 500 ')])
    assert.deepEqual(readAnswer(more), { ...expected, length: bytes.length })
  }
})

test('an answer without a length goes on until the connection ends', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of it')
  assert.equal(readAnswer(bytes), undefined)
  assert.deepEqual(readAnswer(bytes, { isEnded: true }), { status: 200, text: 'all of it', isLast: true, length: 28 })
})

test('a text over the bound is cut and nothing more is read after it', () => {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${3 * ANSWER_BYTES_MAX}\r\n\r\n`
  const read = readAnswer(Buffer.from(head + 'x'.repeat(ANSWER_BYTES_MAX + 1)))
  assert.equal(read?.text.length, ANSWER_BYTES_MAX)
  assert.equal(read?.isLast, true)
})

test('what is no answer is an error', () => {
  assert.throws(() => readAnswer(Buffer.from('SSH-2.0-x\r\n\r\n')), /does not speak HTTP/)
  assert.throws(() => readAnswer(Buffer.alloc(70_000, 'x')), /does not speak HTTP/)
  assert.throws(() => readAnswer(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')), /chunk/)
})
