import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { decodeJson, encodeJson, fromJsonObject, toJsonObject } from '../codec.ts'
import type { WireName } from '../codec.ts'
import { messageNames } from '../schema.ts'
import { WireError } from '../wire-error.ts'

const call = (json: string) => decodeJson('mesos.v1.scheduler.Call', json)
const isWireName = (name: string): name is WireName => messageNames().includes(name)

const recordedPath = join(import.meta.dirname, '../testdata/recorded/mesos-1.12-json.jsonl')
const recorded = readFileSync(recordedPath, 'utf8').trimEnd().split('\n')

suite('JSON output', () => {
  test('[mesos 29] repeats what Mesos 1.12 wrote, byte for byte', () => {
    for (const line of recorded) {
      const [name = '', text = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
      assert.ok(isWireName(name))
      assert.equal(encodeJson(name, decodeJson(name, text)), text)
    }
  })

  test('writes doubles with a fraction or an exponent and limits as bare words', () => {
    const values = [15, 0, 0.1, -2, 1.5e300, 1e21, 1e-7, 2 ** 53, Infinity, -Infinity, NaN]
    const written = values.map((value) => encodeJson('mesos.v1.Value.Scalar', { value }))
    const numbers = written.map((text) => text.slice('{"value":'.length, -1))
    const expected = ['15.0', '0.0', '0.1', '-2.0', '1.5e300', '1e21', '1e-7', '9007199254740992.0']
    assert.deepEqual(numbers, [...expected, 'Infinity', '-Infinity', 'NaN'])
  })

  test('writes 64-bit integers exactly, as numbers', () => {
    const text = '{"nanoseconds":1795221917375814912}'
    const decoded = decodeJson('mesos.v1.TimeInfo', text)
    assert.deepEqual(decoded, { nanoseconds: 1795221917375814912n })
    assert.equal(encodeJson('mesos.v1.TimeInfo', decoded), text)
    assert.equal(JSON.stringify(toJsonObject('mesos.v1.TimeInfo', decoded)), text)
    assert.equal(encodeJson('mesos.v1.TimeInfo', { nanoseconds: 5 }), '{"nanoseconds":5}')
  })

  test('writes the defaults of the schema, but no deprecated or required ones', () => {
    const framework = encodeJson('mesos.v1.FrameworkInfo', { user: 'root', name: 'f' })
    assert.equal(framework, '{"user":"root","name":"f","failover_timeout":0.0,"checkpoint":false}')
    assert.equal(encodeJson('mesos.v1.AgentInfo', { hostname: 'h' }), '{"hostname":"h","port":5051}')
    assert.equal(encodeJson('mesos.v1.Filters', {}), '{"refuse_seconds":5.0}')
    assert.equal(encodeJson('mesos.v1.Environment.Variable', { name: 'A' }), '{"name":"A","type":"VALUE"}')
  })

  test('leaves empty lists and maps out, except in the answers that always list', () => {
    assert.equal(encodeJson('mesos.v1.Labels', { labels: [] }), '{}')
    assert.equal(encodeJson('mesos.v1.quota.QuotaConfig', { role: 'r', limits: {} }), '{"role":"r"}')
    const tasks = encodeJson('mesos.v1.master.Response.GetTasks', {})
    assert.equal(tasks, '{"tasks":[],"unreachable_tasks":[],"completed_tasks":[]}')
    const same = JSON.stringify(toJsonObject('mesos.v1.master.Response.GetTasks', { tasks: [] }))
    assert.deepEqual(JSON.parse(same), JSON.parse(tasks))
  })

  test('writes bytes as base64 and strings as UTF-8 with plain slashes', () => {
    const text = encodeJson('mesos.v1.executor.Call.Message', { data: Uint8Array.of(255, 0, 1) })
    assert.equal(text, '{"data":"/wAB"}')
    assert.equal(encodeJson('mesos.v1.TaskID', { value: 'a/b "é" \n' }), '{"value":"a/b \\"é\\" \\n"}')
  })
})

suite('JSON input', () => {
  test('may hold unknown members and nulls', () => {
    assert.deepEqual(call('{"type":"REVIVE","extra":{"a":1},"framework_id":null}'), { type: 'REVIVE' })
    assert.deepEqual(call('{"__proto__":{"type":"KILL"},"constructor":1}'), {})
  })

  test('reads an unknown name of an optional enum as unset', () => {
    assert.deepEqual(call('{"type":"NOPE"}'), {})
    const capabilities = decodeJson('mesos.v1.FrameworkInfo', '{"user":"u","name":"n","capabilities":[{"type":"NEW"}]}')
    assert.deepEqual(capabilities.capabilities, [{}])
  })

  test('may give numbers and booleans as text', () => {
    const text = '{"user":"u","name":"n","failover_timeout":"5.5","checkpoint":"true"}'
    const framework = decodeJson('mesos.v1.FrameworkInfo', text)
    assert.deepEqual(framework, { user: 'u', name: 'n', failover_timeout: 5.5, checkpoint: true })
    const exact = decodeJson('mesos.v1.TimeInfo', '{"nanoseconds":"1795221917375814912"}')
    assert.deepEqual(exact, { nanoseconds: 1795221917375814912n })
  })

  test('may spell limits as text or, as Mesos writes them, as bare words', () => {
    for (const text of ['{"value":"Infinity"}', '{"value":Infinity}', '{ "value" : Infinity }']) {
      assert.deepEqual(decodeJson('mesos.v1.Value.Scalar', text), { value: Infinity })
    }
    assert.deepEqual(decodeJson('mesos.v1.Value.Scalar', '{"value":-Infinity}'), { value: -Infinity })
  })

  test('cuts fractions off integers and wraps what does not fit', () => {
    assert.deepEqual(decodeJson('mesos.v1.DurationInfo', '{"nanoseconds":1.9}'), { nanoseconds: 1 })
    assert.deepEqual(decodeJson('mesos.v1.DurationInfo', '{"nanoseconds":-1.9}'), { nanoseconds: -1 })
    assert.deepEqual(decodeJson('mesos.v1.Port', '{"number":-1}'), { number: 4294967295 })
    assert.deepEqual(decodeJson('mesos.v1.Value.Range', '{"begin":-1,"end":1e3}'), {
      begin: 18446744073709551615n,
      end: 1000,
    })
  })

  test('may give a lone value where a list is expected', () => {
    assert.deepEqual(decodeJson('mesos.v1.scheduler.Call.Revive', '{"roles":"eng"}'), { roles: ['eng'] })
    assert.deepEqual(decodeJson('mesos.v1.Value.Set', '{"item":["a",null,"b"]}'), { item: ['a', 'b'] })
  })

  test('keeps the last member of a oneof', () => {
    const name = 'mesos.v1.scheduler.AttributeConstraint.Selector'
    const text = '{"pseudoattribute_type":"HOSTNAME","attribute_name":"rack"}'
    assert.deepEqual(decodeJson(name, text), { attribute_name: 'rack' })
  })

  test('does not change a parsed object that the caller keeps', () => {
    const input = { type: 'MESSAGE', message: { agent_id: { value: 'a' }, executor_id: { value: 'e' }, data: 'AQ==' } }
    const decoded = fromJsonObject('mesos.v1.scheduler.Call', input)
    assert.deepEqual(decoded.message?.data, Uint8Array.of(1))
    assert.equal(input.message.data, 'AQ==')
  })

  const refused: readonly (readonly [string, string, string])[] = [
    ['an empty body', '', 'Failed to parse body into JSON: syntax error at line 1 near: '],
    ['an unfinished object', '{', 'Failed to parse body into JSON: syntax error at line 1 near: '],
    ['a word', 'x', 'Failed to parse body into JSON: syntax error at line 1 near: x'],
    ['a missing colon', '{\n "a" 1}', 'Failed to parse body into JSON: syntax error at line 2 near: 1}'],
    ['a misspelt literal', '{"a":tru}', 'Failed to parse body into JSON: syntax error at line 1 near: }'],
    ['two values', '{}{', 'Failed to parse body into JSON: Parsed JSON included non-whitespace trailing characters: {'],
    ['a list', '[]', 'Failed to convert JSON into Call protobuf: Expecting a JSON object'],
    [
      'an enum as a number',
      '{"type":1}',
      "Failed to convert JSON into Call protobuf: Not expecting a JSON number for field 'type'",
    ],
    [
      'a list for a single field',
      '{"type":["KILL"]}',
      "Failed to convert JSON into Call protobuf: Not expecting a JSON array for field 'type'",
    ],
    [
      'an object for a scalar',
      '{"framework_id":{"value":{}}}',
      "Failed to convert JSON into Call protobuf: Not expecting a JSON object for field 'value'",
    ],
    [
      'a missing required field',
      '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root"}}}',
      'Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.name',
    ],
    [
      'several missing fields in lists',
      '{"accept":{"offer_ids":[{},{"value":"o"},{}]}}',
      'Failed to convert JSON into Call protobuf: Missing required fields: accept.offer_ids[0].value, accept.offer_ids[2].value',
    ],
    [
      'an unknown name of a required enum',
      '{"subscribe":{"framework_info":{"user":"u","name":"n"}},"accept":{"offer_ids":[],"operations":[{"launch":' +
        '{"task_infos":[{"name":"n","task_id":{"value":"t"},"agent_id":{"value":"a"},"container":{"type":"LXC"}}]}}]}}',
      "Failed to convert JSON into Call protobuf: Failed to find enum for 'LXC'",
    ],
  ]
  for (const [what, text, expected] of refused) {
    test(`is refused for ${what} in the words of Mesos`, () => {
      assert.throws(
        () => call(text),
        (error) => error instanceof WireError && error.toHttpText('Call') === expected,
      )
    })
  }

  test('is refused for bad base64', () => {
    const text = '{"type":"ACKNOWLEDGE","acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"@"}}'
    assert.throws(() => call(text), /^WireError: Failed to base64 decode bytes field 'uuid': Invalid character '@'$/)
  })

  test('is refused when messages nest without end', () => {
    const depth = 5000
    const text = `${'{"value":"c","parent":'.repeat(depth)}{"value":"c"}${'}'.repeat(depth)}`
    assert.throws(() => decodeJson('mesos.v1.ContainerID', text), /nested too deeply/)
  })
})

test('what has no number in JSON comes back from the text of a plain object', () => {
  for (const value of [Infinity, -Infinity, NaN]) {
    const text = JSON.stringify(toJsonObject('mesos.v1.Value.Scalar', { value }))
    assert.deepEqual(decodeJson('mesos.v1.Value.Scalar', text), { value })
  }
})

suite('JSON input that is large and wrong', () => {
  const large = 4_000_000
  const inputs: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    'one long string': [`{"a":"${'x'.repeat(large)}"`, /^syntax error at line 1 near: $/],
    'a long string of escapes': [`{"a":"${'\\\\'.repeat(large / 2)}"`, /^syntax error at line 1 near: $/],
    'one long line': [`{x${'y'.repeat(large)}`, /^syntax error at line 1 near: xy{199}$/],
    'many lines': [`{${'\n'.repeat(large)}x`, /^syntax error at line 4000001 near: x$/],
    'many unset fields': [
      `{"type":"ACCEPT","accept":{"offer_ids":[${'{},'.repeat(200_000)}{}]}}`,
      /^Missing required fields: accept\.offer_ids\[0\]\.value, .*accept\.offer_ids\[200000\]\.value$/,
    ],
  }
  for (const [what, [text, message]] of Object.entries(inputs)) {
    test(`${what} is refused as a short one is`, () => {
      assert.throws(
        () => decodeJson('mesos.v1.scheduler.Call', text),
        (error) => error instanceof WireError && message.test(error.message),
      )
    })
  }

  test('a bare Infinity beside a long string is read', () => {
    const text = `{"type":"DECLINE","reason":"${'x'.repeat(large)}","decline":{"filters":{"refuse_seconds":Infinity}}}`
    assert.equal(decodeJson('mesos.v1.scheduler.Call', text).decline?.filters?.refuse_seconds, Infinity)
  })
})
