import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { describeZodError } from './describe-zod-error.ts'

const schema = z.strictObject({
  id: z.string().min(1).max(5),
  instances: z.int().min(0),
  mem: z.number().positive().max(100).optional(),
  mode: z.enum(['HOST', 'BRIDGE']).optional(),
  kind: z.literal('app').optional(),
  ports: z
    .array(z.object({ port: z.number() }))
    .max(2)
    .optional(),
  name: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  own: z.string().regex(/^x/, 'must start with x').optional(),
  either: z.union([z.string(), z.number()]).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  step: z.number().multipleOf(5).optional(),
  url: z.url().optional(),
})
const good = { id: 'a', instances: 1 }

const cases: readonly (readonly [unknown, string])[] = [
  [{ instances: 1 }, 'id: must be a string, but it is missing'],
  [{ ...good, id: '' }, 'id: must have at least 1 character, not ""'],
  [{ ...good, id: 'abcdef' }, 'id: must have at most 5 characters, not "abcdef"'],
  [{ ...good, instances: -1 }, 'instances: must be at least 0, not -1'],
  [{ ...good, instances: 1.5 }, 'instances: must be a whole number, not 1.5'],
  [{ ...good, instances: null }, 'instances: must be a number, not null'],
  [{ ...good, mem: 0 }, 'mem: must be more than 0, not 0'],
  [{ ...good, mem: 101 }, 'mem: must be at most 100, not 101'],
  [{ ...good, mode: 'host' }, 'mode: must be one of HOST, BRIDGE, not "host"'],
  [{ ...good, kind: 'pod' }, 'kind: must be app, not "pod"'],
  [{ ...good, ports: [{ port: 1 }, { port: 'x' }] }, 'ports[1].port: must be a number, not "x"'],
  [{ ...good, ports: [{}, {}, {}] }, 'ports: must have at most 2 entries, not 3'],
  [{ ...good, ports: [{}] }, 'ports[0].port: must be a number, but it is missing'],
  [{ ...good, name: 'A' }, 'name: must match /^[a-z]+$/, not "A"'],
  [{ ...good, own: 'a' }, 'own: must start with x, not "a"'],
  [{ ...good, either: true }, 'either: must be a string, or must be a number, not true'],
  [{ ...good, labels: { a: 1 } }, 'labels.a: must be a string, not 1'],
  [{ ...good, labels: [] }, 'labels: must be an object, not an array'],
  [{ ...good, step: 3 }, 'step: must be a multiple of 5, not 3'],
  [{ ...good, url: 'nope' }, 'url: must be a valid url, not "nope"'],
  [{ ...good, x: 1, y: 2 }, 'unknown fields x, y'],
  [[], 'must be an object, not an array'],
]
for (const [input, expected] of cases) {
  test(`${JSON.stringify(input)} is told as: ${expected}`, () => {
    const parsed = schema.safeParse(input)
    assert.ok(!parsed.success)
    const text = describeZodError(parsed.error, input)
    assert.equal(text.split('; ')[0], expected)
  })
}

test('several problems are joined, long values are shortened, and the number shown is bounded', () => {
  const many = z.array(z.string().max(3)).safeParse(Array.from({ length: 30 }, () => 'x'.repeat(1000)))
  assert.ok(!many.success)
  const text = describeZodError(
    many.error,
    Array.from({ length: 30 }, () => 'x'.repeat(1000)),
  )
  assert.equal(text.split('; ').length, 21)
  assert.match(text, /and 10 more$/)
  assert.ok(text.length < 3000)
})
