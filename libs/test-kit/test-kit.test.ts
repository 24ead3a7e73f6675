import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { eventually, freePort, freePorts } from './index.ts'

test('a port is given once, and never one that is listened on', async (context) => {
  const port = await freePort()
  assert.notEqual(await freePort(), port)
  const row = await freePorts(3)
  for (const one of [row, row + 1, row + 2]) {
    const server = createServer()
    context.after(() => server.close())
    await new Promise<void>((resolve) => server.listen(one, '127.0.0.1', resolve))
  }
})

test('what comes true in time is returned, and what does not is named with its last error', async () => {
  let asked = 0
  assert.equal(await eventually('the third', () => ++asked === 3 && 'yes'), 'yes')
  const never = eventually('it', () => Promise.reject(new Error('no')), 100)
  await assert.rejects(
    never,
    (error: Error) => /not within 100 ms: it/.test(error.message) && /no/.test(String(error.cause)),
  )
})
