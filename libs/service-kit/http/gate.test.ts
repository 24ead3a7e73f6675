import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Gate } from './gate.ts'

test('a request that comes before the parts behind a port are there is answered with 503, not held', async (context) => {
  const gate = new Gate('still starting')
  const server = createServer(gate.handle)
  context.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const early = await fetch(url, { method: 'POST', body: 'x', signal: AbortSignal.timeout(2000) })
  assert.equal(early.status, 503)
  assert.equal(early.headers.get('retry-after'), '1')
  assert.equal(await early.text(), 'still starting')
  gate.open((_request, response) => response.end('open'))
  assert.equal(await (await fetch(url)).text(), 'open')
})
