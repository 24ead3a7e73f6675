import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { createSharedPortServer } from '../agent-link/index.ts'
import { eventually } from '../testing/fake-server.ts'
import { formatProcessId, isMessageRequest, Messenger, parseProcessId, receiveMessage } from './index.ts'
import type { MessengerOptions, ProcessId, ReceivedMessage } from './index.ts'
import { LIBPROCESS_MESSAGE_BYTES_MAX } from './limits.ts'
import { expectsNoAnswers } from './muted-connection.ts'

const processAt = (port: number, id = 'scheduler(1)'): ProcessId => ({ id, host: '127.0.0.1', port })
const self = processAt(5050, 'master')
const text = (message: ReceivedMessage): string =>
  `${formatProcessId(message.from)} ${message.to} ${message.name} ${Buffer.from(message.body).toString()}`

/** A process called `master` on a port of its own. */
async function startInbox(context: TestContext) {
  const messages: ReceivedMessage[] = []
  const sockets = new Set<net.Socket>()
  const httpServer = http.createServer((request, response) => {
    if (!isMessageRequest(request)) return void response.end('not a message')
    const deliver = (message: ReceivedMessage): boolean => message.to === 'master' && messages.push(message) > 0
    void receiveMessage(request, response, deliver)
  })
  const server = createSharedPortServer({ httpServer })
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  context.after(() => {
    cut()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, messages, sockets, cut }
}

/** What comes back when these bytes are written, in pieces of the given length. */
async function say(port: number, bytes: string, { pieceLength = Infinity } = {}) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  let heard = ''
  socket.on('data', (chunk) => (heard += chunk.toString()))
  await once(socket, 'connect')
  for (let at = 0; at < bytes.length; at += pieceLength) {
    socket.write(bytes.slice(at, at + pieceLength))
    if (pieceLength < bytes.length) await new Promise((resolve) => setImmediate(resolve))
  }
  return { socket, heard: () => heard }
}

function startMessenger(context: TestContext, limits: MessengerOptions['limits'] = {}) {
  const exits: string[] = []
  const messenger = new Messenger({
    self,
    limits,
    onExited: (process, reason) => exits.push(`${formatProcessId(process)}: ${reason}`),
  })
  context.after(() => messenger.close())
  return { messenger, exits }
}

suite('process ids', () => {
  const ids: readonly (readonly [string, ProcessId])[] = [
    ['scheduler(1)@127.0.0.1:4000', { id: 'scheduler(1)', host: '127.0.0.1', port: 4000 }],
    ['master@[::1]:5050', { id: 'master', host: '::1', port: 5050 }],
    ['scheduler-3f2a(1)@host-1.example:65535', { id: 'scheduler-3f2a(1)', host: 'host-1.example', port: 65_535 }],
    ['@10.0.0.1:1', { id: '', host: '10.0.0.1', port: 1 }],
  ]
  for (const [written, id] of ids) {
    test(`${written} is read and written`, () => {
      assert.deepEqual(parseProcessId(written), id)
      assert.equal(formatProcessId(id), written)
    })
  }

  for (const wrong of [
    '',
    'master',
    'a@b',
    'a@b:0',
    'a@b:65536',
    'a@b:1x',
    'a@@b:1',
    'a/b@c:1',
    'a b@c:1',
    'a\r\n@c:1',
    'a@c/d:1',
    `${'a'.repeat(300)}@b:1`,
  ])
    test(`${JSON.stringify(wrong.slice(0, 20))} is none`, () => assert.equal(parseProcessId(wrong), undefined))
})

suite('messages that come in', () => {
  const from = 'Libprocess-From: scheduler(1)@127.0.0.1:4000\r\n'
  const agent = 'User-Agent: libprocess/scheduler(1)@127.0.0.1:4000\r\n'
  const post = (fields: string, body: string, path = '/master/mesos.internal.A'): string =>
    `POST ${path} HTTP/1.1\r\nHost: \r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`

  test('are answered with 202, in their order', async (context) => {
    const { port, messages } = await startInbox(context)
    const { heard } = await say(port, `${post(from, 'one')}${post(from, 'two')}`)
    await eventually('both are answered', () => heard().split('HTTP/1.1 202 Accepted').length === 3)
    assert.deepEqual(messages.map(text), [
      'scheduler(1)@127.0.0.1:4000 master mesos.internal.A one',
      'scheduler(1)@127.0.0.1:4000 master mesos.internal.A two',
    ])
  })

  for (const pieceLength of [Infinity, 7]) {
    test(`of C++ processes get no answer, in pieces of ${pieceLength} bytes`, async (context) => {
      const { port, messages } = await startInbox(context)
      const chunked =
        `POST /master/mesos.internal.B HTTP/1.1\r\n${agent}${from}Connection: Keep-Alive\r\nHost: \r\n` +
        'Transfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n'
      const empty = `POST /master/mesos.internal.C HTTP/1.1\r\n${agent}${from}Connection: Keep-Alive\r\nHost: \r\n\r\n`
      const { socket, heard } = await say(port, chunked + empty + post(agent, 'four'), { pieceLength })
      await eventually('all are there', () => messages.length === 3)
      assert.deepEqual(messages.map(text), [
        'scheduler(1)@127.0.0.1:4000 master mesos.internal.B three',
        'scheduler(1)@127.0.0.1:4000 master mesos.internal.C ',
        'scheduler(1)@127.0.0.1:4000 master mesos.internal.A four',
      ])
      socket.write(post(agent, 'five', '/nobody/mesos.internal.A'))
      await once(socket, 'close')
      assert.equal(heard(), '')
    })
  }

  test('are those of the first request that names a sender: others are plain HTTP', async (context) => {
    const { port } = await startInbox(context)
    const { heard } = await say(port, 'POST /master/mesos.internal.A HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    await eventually('it is answered', () => heard().endsWith('not a message'))
  })

  const refusals: readonly (readonly [string, string, number])[] = [
    ['for a process that is not here', post(from, '', '/slave(1)/mesos.internal.A'), 404],
    ['with a path of another form', post(from, '', '/master/a/b'), 400],
    ['with a path that cannot be decoded', post(from, '', '/master/%ff'), 400],
    ["without its sender's address", post('Libprocess-From: nobody\r\n', ''), 400],
  ]
  for (const [about, bytes, status] of refusals) {
    test(`${about} are refused`, async (context) => {
      const { port, messages } = await startInbox(context)
      const { socket, heard } = await say(port, bytes)
      await once(socket, 'close')
      assert.match(heard(), new RegExp(`^HTTP/1.1 ${status} `))
      assert.deepEqual(messages, [])
    })
  }

  test('that are too long are refused before they are there', async (context) => {
    const { port, messages } = await startInbox(context)
    const length = LIBPROCESS_MESSAGE_BYTES_MAX * 2
    const fields = `Host: \r\n${from}Content-Length: ${length}`
    const head = `POST /master/mesos.internal.A HTTP/1.1\r\n${fields}\r\n\r\n`
    const { socket, heard } = await say(port, head)
    const piece = Buffer.alloc(1_048_576)
    for (let sent = 0; sent <= LIBPROCESS_MESSAGE_BYTES_MAX; sent += piece.length) socket.write(piece)
    await eventually('it is refused', () => heard().startsWith('HTTP/1.1 413 '))
    assert.deepEqual(messages, [])
  })

  test('are told from other requests by as many bytes as it takes', () => {
    const message = Buffer.from(post(agent, ''))
    const end = message.indexOf('\r\n\r\n') + 4
    for (let length = 0; length < end; length++) assert.equal(expectsNoAnswers(message.subarray(0, length)), undefined)
    assert.equal(expectsNoAnswers(message), true)
    assert.equal(expectsNoAnswers(Buffer.from(post(from, ''))), false)
    assert.equal(expectsNoAnswers(Buffer.from('POST /api/v1/scheduler HTTP/1.1\r\n')), false)
    assert.equal(expectsNoAnswers(Buffer.from('GET')), false)
    assert.equal(expectsNoAnswers(Buffer.from(`POST /${'a'.repeat(20_000)}`)), false)
  })
})

suite('messages that go out', () => {
  test('arrive in their order on one connection, for all processes of an address', async (context) => {
    const { port, messages, sockets } = await startInbox(context)
    const { messenger, exits } = startMessenger(context)
    for (const body of ['one', 'two', ''])
      messenger.send(processAt(port, 'master'), 'mesos.internal.A', Buffer.from(body))
    await eventually('all are there', () => messages.length === 3)
    assert.deepEqual(
      messages.map(text),
      ['one', 'two', ''].map((body) => `master@127.0.0.1:5050 master mesos.internal.A ${body}`),
    )
    assert.equal(sockets.size, 1)
    assert.equal(messenger.peerCount, 1)
    assert.deepEqual(exits, [])
  })

  test('have the bytes that C++ and Go processes read', async (context) => {
    let heard = ''
    const server = net.createServer((socket) => socket.on('data', (chunk) => (heard += chunk.toString('latin1'))))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const { messenger } = startMessenger(context)
    messenger.send(processAt(port), 'mesos.internal.LostSlaveMessage', Uint8Array.of(10, 3, 10, 1, 0x53))
    await eventually('it is there', () => heard.endsWith('S'))
    const head = [
      'POST /scheduler(1)/mesos.internal.LostSlaveMessage HTTP/1.1',
      'User-Agent: libprocess/master@127.0.0.1:5050',
      'Libprocess-From: master@127.0.0.1:5050',
      'Connection: Keep-Alive',
      `Host: 127.0.0.1:${port}`,
      'Content-Length: 5',
    ]
    assert.equal(heard, `${head.join('\r\n')}\r\n\r\n\n\x03\n\x01S`)
  })

  test('a linked process is gone when its connection breaks, and only once', async (context) => {
    const { port, sockets, cut } = await startInbox(context)
    const { messenger, exits } = startMessenger(context)
    messenger.link(processAt(port))
    messenger.link(processAt(port, 'scheduler(2)'))
    messenger.link(processAt(port, 'scheduler(3)'))
    messenger.unlink(processAt(port, 'scheduler(3)'))
    await eventually('it is connected', () => sockets.size === 1)
    cut()
    await eventually('it is told', () => exits.length === 2)
    assert.match(exits.join('\n'), /^scheduler\(1\)@.*\nscheduler\(2\)@/)
    assert.equal(messenger.peerCount, 0)
  })

  test('a linked process is gone when nobody listens', async (context) => {
    const { messenger, exits } = startMessenger(context)
    messenger.link(processAt(1))
    await eventually('it is told', () => exits.length === 1)
    assert.match(exits.join(), /^scheduler\(1\)@127.0.0.1:1: connect ECONNREFUSED/)
  })

  test('a process that is linked anew has a new connection, and the end of the old one is no news', async (context) => {
    const { port, sockets, cut } = await startInbox(context)
    const { messenger, exits } = startMessenger(context)
    messenger.link(processAt(port))
    await eventually('it is connected', () => sockets.size === 1)
    messenger.link(processAt(port), { isAnew: true })
    await eventually('it is connected again', () => sockets.size === 2)
    assert.deepEqual(exits, [])
    cut()
    await eventually('it is told', () => exits.length === 1)
  })

  test('a peer that does not read is cut, and a process that linked it is told', async (context) => {
    const server = net.createServer((socket) => socket.pause())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const { messenger, exits } = startMessenger(context, { queueBytesMax: 1_000_000 })
    messenger.link(processAt(port))
    for (let i = 0; i < 100 && exits.length === 0; i++)
      messenger.send(processAt(port), 'mesos.internal.A', Buffer.alloc(100_000))
    await eventually('it is told', () => exits.length === 1)
    assert.match(exits.join(), /does not read/)
  })

  test('a connection that nobody linked ends when nothing is said on it, a linked one stays', async (context) => {
    const first = await startInbox(context)
    const second = await startInbox(context)
    const { messenger, exits } = startMessenger(context, { idleMs: 50 })
    messenger.link(processAt(first.port))
    messenger.send(processAt(second.port, 'master'), 'mesos.internal.A', Buffer.of())
    await eventually('it is there', () => second.messages.length === 1)
    await eventually('one is left', () => messenger.peerCount === 1)
    messenger.send(processAt(first.port, 'master'), 'mesos.internal.A', Buffer.of())
    await eventually('it is there', () => first.messages.length === 1)
    assert.deepEqual(exits, [])
  })

  test('there are so many connections and no more', async (context) => {
    const { port, sockets } = await startInbox(context)
    const { messenger, exits } = startMessenger(context, { peersMax: 1 })
    messenger.link(processAt(port))
    messenger.link({ ...processAt(port), host: '127.0.0.2' })
    await eventually('it is told', () => exits.length === 1)
    assert.match(exits.join(), /127.0.0.2:.*there are connections to 1 other/)
    await eventually('the first is connected', () => sockets.size === 1)
  })

  test('what was sent before the end arrives, and nobody is told of the end', async (context) => {
    const { port, messages } = await startInbox(context)
    const { messenger, exits } = startMessenger(context)
    messenger.link(processAt(port, 'master'))
    messenger.send(processAt(port, 'master'), 'mesos.internal.A', Buffer.from('last'))
    messenger.close()
    messenger.send(processAt(port, 'master'), 'mesos.internal.A', Buffer.from('too late'))
    await eventually('it is there', () => messages.length === 1)
    assert.deepEqual(exits, [])
  })
})
