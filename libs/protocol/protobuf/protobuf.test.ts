import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../codec.ts'
import { WireError } from '../wire-error.ts'

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof WireError)
    return error.message
  }
  return assert.fail('nothing was refused')
}

suite('protobuf', () => {
  test('has the bytes that proto2 prescribes', () => {
    const bytes = encodeProtobuf('mesos.v1.TaskID', { value: 'é' })
    assert.deepEqual([...bytes], [0x0a, 2, 0xc3, 0xa9])
    assert.deepEqual([...encodeProtobuf('mesos.v1.DurationInfo', { nanoseconds: 300 })], [8, 0xac, 2])
    const minusOne = encodeProtobuf('mesos.v1.DurationInfo', { nanoseconds: -1 })
    assert.deepEqual([...minusOne], [8, ...Array.from({ length: 9 }, () => 0xff), 1])
  })

  test('skips unknown fields of every wire type', () => {
    const unknown = [0x78, 5, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 1, 9, 0x7d, 1, 2, 3, 4, 0x7b, 0x08, 1, 0x7c]
    const bytes = Uint8Array.of(...unknown, 0x0a, 1, 0x74, ...unknown)
    assert.deepEqual(decodeProtobuf('mesos.v1.TaskID', bytes), { value: 't' })
  })

  test('reads an unknown enum value as unset', () => {
    assert.deepEqual(decodeProtobuf('mesos.v1.scheduler.Call', Uint8Array.of(16, 99)), {})
  })

  test('reads packed and unpacked lists', () => {
    const container = encodeProtobuf('mesos.v1.CapabilityInfo', { capabilities: ['CHOWN', 'KILL'] })
    const numbers = [container[1] ?? 0, container[2] ?? 0].map((byte) => byte & 127)
    assert.equal(numbers.length, 2)
    const values = [0xe8, 7, 0xed, 7]
    const packed = decodeProtobuf('mesos.v1.CapabilityInfo', Uint8Array.of(0x0a, values.length, ...values))
    assert.deepEqual(packed, { capabilities: ['CHOWN', 'KILL'] })
    assert.deepEqual(decodeProtobuf('mesos.v1.CapabilityInfo', container), packed)
  })

  test('merges a message that is given in two parts', () => {
    const id = encodeProtobuf('mesos.v1.scheduler.Call', { framework_id: { value: 'f' } })
    const type = encodeProtobuf('mesos.v1.scheduler.Call', { type: 'REVIVE', revive: { roles: ['a'] } })
    const more = encodeProtobuf('mesos.v1.scheduler.Call', { revive: { roles: ['b'] } })
    const merged = decodeProtobuf('mesos.v1.scheduler.Call', Uint8Array.of(...id, ...type, ...more))
    assert.deepEqual(merged, { framework_id: { value: 'f' }, type: 'REVIVE', revive: { roles: ['a', 'b'] } })
  })

  test('names the required fields that are not set', () => {
    const text = 'Not initialized: framework_info.user, framework_info.name'
    const subscribe = Uint8Array.of(0x0a, 0)
    assert.equal(
      refusal(() => decodeProtobuf('mesos.v1.scheduler.Call.Subscribe', subscribe)),
      text,
    )
    const incomplete = JSON.parse('{"framework_info":{}}')
    assert.equal(
      refusal(() => encodeProtobuf('mesos.v1.scheduler.Call.Subscribe', incomplete)),
      text,
    )
    assert.deepEqual([...encodeProtobuf('mesos.v1.scheduler.Call', {})], [])
  })

  test('is refused when it is cut short or ends inside a field', () => {
    const bytes = encodeProtobuf('mesos.v1.scheduler.Call', { framework_id: { value: 'framework' }, type: 'REVIVE' })
    for (let length = 1; length < bytes.length - 2; length += 1) {
      assert.match(
        refusal(() => decodeProtobuf('mesos.v1.scheduler.Call', bytes.slice(0, length))),
        /./,
      )
    }
    const error = new WireError('protobuf', 'any')
    assert.equal(error.toHttpText('Call'), 'Failed to parse body into Call protobuf')
    assert.match(
      refusal(() => decodeProtobuf('mesos.v1.scheduler.Call', Uint8Array.of(255, 255, 1))),
      /Wire type/,
    )
  })

  test('is refused when messages nest without end', () => {
    let bytes = Uint8Array.of(0x0a, 1, 0x63)
    for (let depth = 0; depth < 200; depth += 1) {
      const varint = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]
      bytes = Uint8Array.of(0x0a, 1, 0x63, 0x12, ...varint, ...bytes)
    }
    assert.match(
      refusal(() => decodeProtobuf('mesos.v1.ContainerID', bytes)),
      /nested too deeply/,
    )
  })

  test('takes messages larger than the shared buffer, and small ones after them', () => {
    const data = new Uint8Array(9_000_000).fill(7)
    const large = encodeProtobuf('mesos.v1.executor.Call.Message', { data })
    assert.deepEqual(decodeProtobuf('mesos.v1.executor.Call.Message', large), { data })
    const name = 'x'.repeat(70_000)
    assert.deepEqual(decodeProtobuf('mesos.v1.TaskID', encodeProtobuf('mesos.v1.TaskID', { value: name })), {
      value: name,
    })
  })

  test('copies bytes out of its input', () => {
    const bytes = Buffer.from(encodeProtobuf('mesos.v1.executor.Call.Message', { data: Uint8Array.of(1, 2) }))
    const { data } = decodeProtobuf('mesos.v1.executor.Call.Message', bytes)
    bytes.fill(0)
    assert.deepEqual(data, Uint8Array.of(1, 2))
  })
})
