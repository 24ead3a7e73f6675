import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { CallLine } from './call-line.ts'

test('a line that closes lets the call under way be answered and refuses those that wait', async () => {
  const server = createServer((_request, response) => setTimeout(() => response.writeHead(202).end(), 50))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const line = new CallLine({ url: new URL(`http://127.0.0.1:${port}/api/v1/scheduler`) }, {})
  const teardown = line.send(Buffer.from('{"type":"TEARDOWN"}'))
  await once(server, 'request')
  const waiting = line.send(Buffer.from('{"type":"REVIVE"}'))
  line.close('the subscription ended')
  assert.equal((await teardown).status, 202)
  await assert.rejects(waiting, { code: 'NOT_SUBSCRIBED' })
  server.close()
})
