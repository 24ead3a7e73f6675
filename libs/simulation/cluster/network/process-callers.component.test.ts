import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { acceptedConnection } from './connection.ts'
import { findAmong } from './process-callers.ts'

async function listenAt(t: TestContext, host: string): Promise<Server> {
  const server = createServer()
  t.after(() => server.close())
  server.listen({ host, port: 0 })
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

async function acceptedBy(server: Server): Promise<Socket> {
  const [socket] = (await once(server, 'connection')) as [Socket]
  return socket
}

const dial = `
const { connect } = require('node:net')
const [host, port, localPort] = process.argv.slice(1)
connect({ host, port: Number(port), localPort: Number(localPort), localAddress: '127.0.0.1' })
`

test('a caller is found though somebody else uses its local port for another connection', async (t) => {
  const [first, second] = [await listenAt(t, '127.0.0.3'), await listenAt(t, '127.0.0.4')]
  const accepting = acceptedBy(first)
  const own = connect({ host: '127.0.0.3', port: portOf(first), localAddress: '127.0.0.1' })
  const atFirst = await accepting
  const others = acceptedBy(second)
  const child = spawn(process.execPath, ['-e', dial, '127.0.0.4', String(portOf(second)), String(own.localPort)])
  t.after(() => child.kill('SIGKILL'))
  const atSecond = await others
  t.after(() => {
    for (const socket of [own, atFirst, atSecond]) socket.destroy()
  })
  assert.equal(atSecond.remotePort, atFirst.remotePort)
  const find = findAmong(
    () =>
      new Map([
        ['this', process.pid],
        ['child', child.pid ?? 0],
      ]),
  )
  assert.equal(await find(acceptedConnection(atFirst)), 'this')
  assert.equal(await find(acceptedConnection(atSecond)), 'child')
})
