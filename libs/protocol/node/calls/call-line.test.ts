import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import net from 'node:net'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { eventually } from '../testing/fake-server.ts'
import { CallLine } from './call-line.ts'
import type { CallLineOptions } from './call-line.ts'

const accepted = 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n'

/** A server whose answers a test writes byte by byte; one entry a connection. */
async function startServer(context: TestContext) {
  const connections: { socket: net.Socket; received: string }[] = []
  const server = net.createServer((socket) => {
    const connection = { socket, received: '' }
    connections.push(connection)
    socket.on('data', (bytes) => (connection.received += bytes.toString()))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    for (const { socket } of connections) socket.destroy()
    server.close()
  })
  const { port } = server.address() as net.AddressInfo
  const has = (index: number, ...bodies: string[]): Promise<boolean> =>
    eventually(bodies.join(), () => bodies.every((body) => connections[index]?.received.includes(`\r\n\r\n${body}`)))
  const answer = (index: number, text: string): void => void connections[index]?.socket.write(text)
  return { connections, has, answer, endpoint: { url: new URL(`http://127.0.0.1:${port}/api/v1/scheduler`) } }
}

const lineTo = (context: TestContext, options: Omit<CallLineOptions, 'headers'>): CallLine => {
  const line = new CallLine({ headers: { 'Content-Type': 'text/plain' }, ...options })
  context.after(() => line.close('the test is over'))
  return line
}
const sendAll = (line: CallLine, bodies: readonly string[]) => bodies.map((body) => line.send(Buffer.from(body)))
const statuses = (sent: readonly Promise<{ readonly status: number }>[]): Promise<(number | string)[]> =>
  Promise.all(
    sent.map((one) =>
      one.then(
        ({ status }) => status,
        ({ code }: { code: string }) => code,
      ),
    ),
  )

/** One call was answered on it. */
async function idleLine(context: TestContext) {
  const server = await startServer(context)
  const line = lineTo(context, { endpoint: server.endpoint, inFlightMax: 3 })
  const first = sendAll(line, ['a'])
  await server.has(0, 'a')
  server.answer(0, accepted)
  assert.deepEqual(await statuses(first), [202])
  return { ...server, line }
}

test('a line that closes lets the call under way be answered and refuses those that wait', async (context) => {
  const server = createServer((_request, response) => setTimeout(() => response.writeHead(202).end(), 50))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const line = new CallLine({ endpoint: { url: new URL(`http://127.0.0.1:${port}/api/v1/scheduler`) }, headers: {} })
  const teardown = line.send(Buffer.from('{"type":"TEARDOWN"}'))
  await once(server, 'request')
  const refused = assert.rejects(line.send(Buffer.from('{"type":"REVIVE"}')), { code: 'NOT_SUBSCRIBED' })
  line.close('the subscription ended')
  assert.equal((await teardown).status, 202)
  await refused
  await assert.rejects(line.send(Buffer.from('{"type":"REVIVE"}')), { code: 'NOT_SUBSCRIBED' })
})

suite('the calls of a line', () => {
  test('wait for the answers of those before, one at a time', async (context) => {
    const { connections, has, answer, endpoint } = await startServer(context)
    const sent = sendAll(lineTo(context, { endpoint }), ['a', 'b'])
    await has(0, 'a')
    assert.ok(!connections[0]?.received.includes('\r\n\r\nb'))
    assert.match(connections[0]?.received ?? '', /^POST \/api\/v1\/scheduler HTTP\/1.1\r\nHost: 127.0.0.1:\d+\r\n/)
    answer(0, accepted)
    await has(0, 'b')
    answer(0, 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    assert.deepEqual(await statuses(sent), [202, 'CALL_REFUSED'])
    assert.equal(connections.length, 1)
  })

  test('go out before the first is answered, as many as are allowed', async (context) => {
    const { connections, has, answer, endpoint } = await startServer(context)
    const sent = sendAll(lineTo(context, { endpoint, inFlightMax: 3 }), ['a', 'b', 'c', 'd'])
    await has(0, 'a', 'b', 'c')
    assert.ok(!connections[0]?.received.includes('\r\n\r\nd'))
    answer(0, `${accepted}HTTP/1.1 100 Continue\r\n\r\n${accepted}HTTP/1.1 20`)
    await has(0, 'd')
    answer(0, '2 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nyes\r\n0\r\nA: b\r\n\r\n')
    answer(0, accepted)
    assert.deepEqual(await statuses(sent), [202, 202, 202, 202])
    assert.equal((await sent[2])?.text, 'yes')
  })

  test('are made again on a new connection when the server closed the idle one', async (context) => {
    const { line, connections, has, answer } = await idleLine(context)
    const sent = sendAll(line, ['b', 'c'])
    connections[0]?.socket.resetAndDestroy()
    await has(1, 'b', 'c')
    answer(1, `${accepted}${accepted}`)
    assert.deepEqual(await statuses(sent), [202, 202])
  })

  test('are made again before those that wait, in their order', async (context) => {
    const { line, connections, has, answer } = await idleLine(context)
    const sent = sendAll(line, ['b', 'c', 'd', 'e'])
    connections[0]?.socket.resetAndDestroy()
    await has(1, 'b', 'c', 'd')
    answer(1, accepted)
    await has(1, 'e')
    const bodies = connections[1]?.received.split('\r\n').filter((part) => /^[a-e](POST|$)/.test(part))
    assert.deepEqual(bodies?.map((body) => body[0]).join(''), 'bcde')
    answer(1, accepted.repeat(3))
    assert.deepEqual(await statuses(sent), [202, 202, 202, 202])
  })

  test('are undelivered when the connection breaks while they are under way', async (context) => {
    const { connections, has, answer, endpoint } = await startServer(context)
    const sent = sendAll(lineTo(context, { endpoint, inFlightMax: 3 }), ['a', 'b', 'c', 'd'])
    await has(0, 'a', 'b', 'c')
    answer(0, accepted)
    await has(0, 'd')
    connections[0]?.socket.resetAndDestroy()
    assert.deepEqual(await statuses(sent), [202, 'CALL_UNDELIVERED', 'CALL_UNDELIVERED', 'CALL_UNDELIVERED'])
    assert.equal(connections.length, 1)
  })

  test('are not made again when the connection ends within an answer: it tells that they were handled', async (context) => {
    const { connections, has, answer, endpoint } = await startServer(context)
    const line = lineTo(context, { endpoint, answerTimeoutMs: 500 })
    const first = sendAll(line, ['a'])
    await has(0, 'a')
    answer(0, accepted)
    assert.deepEqual(await statuses(first), [202])
    const sent = sendAll(line, ['b'])
    await has(0, 'b')
    connections[0]?.socket.end('HTTP/1.1 202 Acc')
    assert.deepEqual(await statuses(sent), ['CALL_UNDELIVERED'])
    assert.equal(connections.length, 1)
  })

  test('leave no timer behind that would end the connection of later ones', async (context) => {
    const { has, answer, endpoint } = await startServer(context)
    const timerCount = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    const before = timerCount()
    const sent = statuses(sendAll(lineTo(context, { endpoint }), ['a', 'b']))
    await has(0, 'a')
    answer(0, accepted)
    await has(0, 'b')
    answer(0, accepted)
    assert.deepEqual(await sent, [202, 202])
    assert.equal(timerCount(), before)
  })

  test('are undelivered when no answer comes in time, and when what comes is none', async (context) => {
    const { has, answer, endpoint } = await startServer(context)
    const line = lineTo(context, { endpoint, inFlightMax: 2, answerTimeoutMs: 50 })
    assert.deepEqual(await statuses(sendAll(line, ['a', 'b', 'c'])), Array(3).fill('CALL_UNDELIVERED'))
    const sent = sendAll(line, ['d'])
    await has(2, 'd')
    answer(2, 'SSH-2.0\r\n\r\n')
    await assert.rejects(sent[0] ?? assert.fail(), { code: 'CALL_UNDELIVERED', message: /does not speak HTTP/ })
  })

  test('are made again on a new connection when the answer before them was the last of the old', async (context) => {
    const { has, answer, endpoint } = await startServer(context)
    const sent = statuses(sendAll(lineTo(context, { endpoint, inFlightMax: 3 }), ['a', 'b', 'c']))
    await has(0, 'a', 'b', 'c')
    answer(0, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbad')
    await has(1, 'b', 'c')
    answer(1, `${accepted}${accepted}`)
    assert.deepEqual(await sent, ['CALL_REFUSED', 202, 202])
  })
})
