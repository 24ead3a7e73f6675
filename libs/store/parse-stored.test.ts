import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { openStore } from './open-store.ts'
import { parseStored } from './parse-stored.ts'

const schema = z.object({ version: z.literal(1), roles: z.array(z.object({ name: z.string() })) })

test('a stored value that parses is typed', () => {
  const parsed = parseStored(schema, 'quota/a', '{"version":1,"roles":[{"name":"x"}]}')
  assert.equal(parsed.roles[0]?.name, 'x')
})

for (const [raw, message] of [
  ['', /the stored value of quota\/a is not JSON/],
  ['{"version":1', /the stored value of quota\/a is not JSON/],
  ['{"version":2,"roles":[]}', /the stored value of quota\/a is not valid: version: /],
  ['{"version":1,"roles":[{}]}', /the stored value of quota\/a is not valid: roles\.0\.name: /],
  ['null', /the stored value of quota\/a is not valid: value: /],
] as const) {
  test(`a stored ${JSON.stringify(raw)} stops the reader with the key`, () => {
    assert.throws(() => parseStored(schema, 'quota/a', raw), { code: 'STORE_VALUE_INVALID', retryable: false, message })
  })
}

for (const url of ['', 'memory', 'memory:x', 'sqlite:', '/var/lib/x']) {
  test(`${JSON.stringify(url)} is refused as a store with what is allowed`, async () => {
    await assert.rejects(openStore(url), {
      code: 'STORE_ARGUMENT_INVALID',
      message: /use sqlite:<path>, memory: or etcd:/,
    })
  })
}
