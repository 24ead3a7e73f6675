import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { negotiate, refuseStreams } from './negotiate.ts'

const json = 'application/json'
const protobuf = 'application/x-protobuf'
const recordio = 'application/recordio'

/** What becomes of a call of this type with these headers: `undefined`, or status and text. */
function refusal(type: string, headers: Record<string, string>): [number, string] | undefined {
  try {
    refuseStreams(type, negotiate({ headers } as unknown as IncomingMessage))
    return undefined
  } catch (error) {
    const { status, message } = error as { status: number; message: string }
    return [status, message]
  }
}

const plain = { 'content-type': json }
const stream = { 'content-type': recordio, 'message-content-type': protobuf }

test('[mesos 214] media types are refused in the order and the words of Mesos', () => {
  const all = `${json} or ${protobuf} or ${recordio}`
  const table: [string, Record<string, string>, [number, string] | undefined][] = [
    ['GET_HEALTH', {}, [400, "Expecting 'Content-Type' to be present"]],
    ['GET_HEALTH', { 'content-type': 'text/plain' }, [415, `Expecting 'Content-Type' of ${all}`]],
    [
      'ATTACH_CONTAINER_INPUT',
      { 'content-type': recordio },
      [400, "Expecting 'Message-Content-Type' to be set for streaming requests"],
    ],
    [
      'ATTACH_CONTAINER_INPUT',
      { 'content-type': recordio, 'message-content-type': 'text/plain' },
      [415, `Expecting 'Message-Content-Type' of ${json} or ${protobuf}`],
    ],
    [
      'GET_HEALTH',
      { ...plain, 'message-content-type': json },
      [415, "Expecting 'Message-Content-Type' to be not set for non-streaming requests"],
    ],
    ['GET_HEALTH', { ...plain, accept: 'text/html' }, [406, `Expecting 'Accept' to allow ${all}`]],
    [
      'GET_HEALTH',
      { ...plain, accept: json, 'message-accept': json },
      [406, "Expecting 'Message-Accept' to be not set for non-streaming responses"],
    ],
    [
      'ATTACH_CONTAINER_OUTPUT',
      { ...plain, accept: recordio, 'message-accept': 'text/html' },
      [406, `Expecting 'Message-Accept' to allow ${json} or ${protobuf}`],
    ],
    ['GET_HEALTH', stream, [415, `Streaming 'Content-Type' ${recordio} is not supported for GET_HEALTH call`]],
    [
      'ATTACH_CONTAINER_INPUT',
      plain,
      [415, `Expecting 'Content-Type' to be ${recordio} for ATTACH_CONTAINER_INPUT call`],
    ],
    ['GET_HEALTH', { ...plain, accept: recordio }, [406, 'Streaming response is not supported for GET_HEALTH call']],
    ['GET_HEALTH', plain, undefined],
    ['ATTACH_CONTAINER_INPUT', stream, undefined],
    ['ATTACH_CONTAINER_OUTPUT', { ...plain, accept: recordio }, undefined],
    ['LAUNCH_NESTED_CONTAINER_SESSION', { ...plain, accept: `${recordio}, */*` }, undefined],
  ]
  for (const [type, headers, expected] of table) {
    assert.deepEqual(refusal(type, headers), expected, `${type} ${JSON.stringify(headers)}`)
  }
})

test('records are JSON unless something else is asked for, and what needs no stream gets none', () => {
  const answer = (headers: Record<string, string>) =>
    negotiate({ headers: { ...plain, ...headers } } as unknown as IncomingMessage).answer
  assert.deepEqual(answer({ accept: recordio }), { isStream: true, message: json })
  assert.deepEqual(answer({ accept: recordio, 'message-accept': protobuf }), { isStream: true, message: protobuf })
  assert.deepEqual(answer({ accept: '*/*' }), { isStream: false, message: json })
  assert.deepEqual(answer({ accept: `*/*, ${json};q=0` }), { isStream: false, message: protobuf })
  assert.deepEqual(answer({ accept: `${protobuf};q=0.5, ${json};q=0` }), { isStream: false, message: protobuf })
})
