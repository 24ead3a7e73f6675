import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import protobuf from 'protobufjs'
import { z } from 'zod'
import { declarations, generate, loadSchema } from './generate.ts'
import { messageRows } from './wire/tables.gen.js'

const fieldFacts = z.strictObject({
  name: z.string(),
  number: z.number(),
  label: z.enum(['required', 'optional', 'repeated', 'map']),
  type: z.string(),
  kind: z.enum(['scalar', 'enum', 'message', 'map']),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  deprecated: z.boolean().optional(),
  oneof: z.string().optional(),
})
const facts = z
  .object({
    enums: z.record(
      z.string(),
      z.object({ values: z.record(z.string(), z.number()), deprecated: z.array(z.string()).optional() }),
    ),
    messages: z.record(z.string(), z.array(fieldFacts)),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/reference/mesos-v1-wire.json'), 'utf8')))

const own = (name: string): boolean => name.startsWith('mesos.v1.') || name.startsWith('google.')
const all = declarations(loadSchema()).filter(({ name }) => own(name))
const enums = new Map(all.flatMap(({ name, node }) => (node instanceof protobuf.Enum ? [[name, node]] : [])))
const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1)

suite('the schema', () => {
  test('has the messages of the Mesos v1 wire, 352 of them, and no other', () => {
    const names = Object.keys(messageRows).filter(own)
    assert.equal(names.length, 352)
    assert.deepEqual(names.sort(), Object.keys(facts.messages).sort())
  })

  for (const [name, expected] of Object.entries(facts.messages)) {
    test(`has the fields of ${name} with their numbers, labels, types and defaults`, () => {
      const actual = messageRows[name]?.map(([field, number, label, type, options]) => {
        const kind = label === 'map' ? 'map' : type in messageRows ? 'message' : enums.has(type) ? 'enum' : 'scalar'
        return { name: field, number, label, type, kind, ...options }
      })
      assert.deepEqual(actual, expected)
    })
  }

  test('has the 53 enums with their values, the first one first', () => {
    const actual = [...enums].map(([name, node]) => {
      const deprecated = Object.entries(node.valuesOptions ?? {}).flatMap(([value, options]) =>
        options?.['deprecated'] === true ? [value] : [],
      )
      return [name, { values: Object.entries(node.values), deprecated }] as const
    })
    const expected = Object.entries(facts.enums).map(
      ([name, { values, deprecated }]) =>
        [name, { values: Object.entries(values), deprecated: deprecated ?? [] }] as const,
    )
    assert.equal(actual.length, 53)
    assert.deepEqual(actual.sort(byName), expected.sort(byName))
  })

  test('is what the generated files were made from', async () => {
    for (const [name, text] of await generate()) {
      assert.equal(readFileSync(join(import.meta.dirname, 'wire', name), 'utf8'), text, `run generate.ts: wire/${name}`)
    }
  })
})
