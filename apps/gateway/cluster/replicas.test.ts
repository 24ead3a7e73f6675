import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Replicas } from './replicas.ts'

const [a, b, c] = ['http://a:1', 'http://b:1', 'http://c:1'] as const

test('who answered is asked first from then on, who failed last', async () => {
  const replicas = new Replicas([`${a}/`, b, c])
  assert.deepEqual(await replicas.urls(), [a, b, c])
  replicas.failed(a)
  assert.deepEqual(await replicas.urls(), [b, c, a])
  replicas.found(c)
  assert.deepEqual(await replicas.urls(), [c, a, b])
})

test('a leader under an address that is not in the list is kept until it fails', async () => {
  const replicas = new Replicas([a, b])
  replicas.found(c)
  assert.deepEqual(await replicas.urls(), [c, a, b])
  replicas.failed(c)
  assert.deepEqual(await replicas.urls(), [a, b])
  assert.deepEqual(replicas.configured, [a, b])
})
