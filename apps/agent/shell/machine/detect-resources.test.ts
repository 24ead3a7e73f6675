import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectResources, givenResources, parseAttributes } from './detect-resources.ts'

test('what --resources names is taken, the rest is the machine', async () => {
  const given = givenResources('cpus:3;ports:[1-2]', '*')
  const all = await detectResources(given, '/tmp')
  assert.deepEqual(all.map((resource) => resource.name).sort(), ['cpus', 'disk', 'mem', 'ports'])
  assert.equal(all.find((resource) => resource.name === 'cpus')?.scalar?.value, 3)
  assert.ok((all.find((resource) => resource.name === 'mem')?.scalar?.value ?? 0) > 0)
})

test('attributes are numbers, ranges or text', () => {
  assert.deepEqual(parseAttributes('rack:r1; cores:8;ids:[1-3,7]'), [
    { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
    { name: 'cores', type: 'SCALAR', scalar: { value: 8 } },
    {
      name: 'ids',
      type: 'RANGES',
      ranges: {
        range: [
          { begin: 1, end: 3 },
          { begin: 7, end: 7 },
        ],
      },
    },
  ])
  assert.throws(() => parseAttributes('rack'), /not name:value/)
})
