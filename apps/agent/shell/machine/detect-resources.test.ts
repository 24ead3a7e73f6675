import assert from 'node:assert/strict'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { test } from 'node:test'
import { detectResources, givenResources, parseAttributes } from './detect-resources.ts'

test('[mesos 27] what --resources names is taken, the rest is the machine', async () => {
  const given = givenResources('cpus:3;ports:[1-2]', '*')
  const all = await detectResources(given, '/tmp')
  assert.deepEqual(all.map((resource) => resource.name).sort(), ['cpus', 'disk', 'mem', 'ports'])
  assert.equal(all.find((resource) => resource.name === 'cpus')?.scalar?.value, 3)
  assert.ok((all.find((resource) => resource.name === 'mem')?.scalar?.value ?? 0) > 0)
})

test('[mesos 27] what is not given is the machine, less what is kept for its own use', async () => {
  const all = await detectResources([], '/tmp')
  const amount = (name: string): number | undefined => all.find((resource) => resource.name === name)?.scalar?.value
  const mib = (bytes: number): number => Math.floor(bytes / 1_048_576)
  const memory = mib(totalmem())
  const { blocks, bsize } = await statfs('/tmp')
  const disk = mib(blocks * bsize)
  assert.equal(amount('cpus'), availableParallelism())
  assert.equal(amount('mem'), memory >= 2048 ? memory - 1024 : Math.floor(memory / 2))
  assert.equal(amount('disk'), disk >= 10_240 ? disk - 5120 : Math.floor(disk / 2))
  assert.deepEqual(all.find(({ name }) => name === 'ports')?.ranges?.range, [{ begin: 31000, end: 32000 }])
})

test('[mesos 20] attributes are numbers, ranges or text', () => {
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
