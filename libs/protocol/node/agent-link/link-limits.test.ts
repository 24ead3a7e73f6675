import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { encodeProtobuf } from '../../codec.ts'
import { AGENT_LINK_PATH, ClientLink } from './client-link.ts'
import type { LinkEnd } from './client-link.ts'
import { LINK_BEGIN_SLICE_MS, LINK_MESSAGES_A_TURN_MAX } from './limits.ts'
import { encodeLinkMessage, LinkServer } from './link-server.ts'
import { frameMessage } from './message-frames.ts'
import type { ServerLink } from './server-link.ts'

type Opened = { readonly port: number; readonly heard: agentLink.AgentMessage[]; readonly ended: number[] }
type Options = {
  readonly limits?: { readonly messageBytesMax: number; readonly queueBytesMax: number }
  onLink?(link: ServerLink): void
  onMessage?(): void
}

async function open(t: TestContext, { limits, onLink, onMessage }: Options): Promise<Opened> {
  const opened = { heard: [] as agentLink.AgentMessage[], ended: [] as number[] }
  const links = new LinkServer({
    ...(limits && { limits }),
    onLink: (link) => {
      link.listen({
        onMessage: (message) => {
          opened.heard.push(message)
          onMessage?.()
        },
        onEnd: () => opened.ended.push(1),
      })
      onLink?.(link)
    },
  })
  const server = net.createServer((socket) => links.injectConnection(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    links.close()
    server.close()
  })
  return { ...opened, port: (server.address() as AddressInfo).port }
}

type Connected = {
  readonly link: ClientLink
  readonly messages: agentLink.MasterMessage[]
  readonly opened: Promise<unknown>
  readonly ended: Promise<LinkEnd>
}

function connect(t: TestContext, port: number): Connected {
  const messages: agentLink.MasterMessage[] = []
  const opened = Promise.withResolvers<unknown>()
  const ended = Promise.withResolvers<LinkEnd>()
  const link = new ClientLink({
    address: `127.0.0.1:${port}`,
    onOpen: opened.resolve,
    onMessage: (message) => messages.push(message),
    onEnd: ended.resolve,
  })
  t.after(() => link.close())
  return { link, messages, opened: opened.promise, ended: ended.promise }
}

const said = (bytes: number): agentLink.AgentMessage => ({
  type: 'EXECUTOR_MESSAGE',
  executor_message: {
    framework_id: { value: 'f' },
    executor_id: { value: 'e' },
    data: new Uint8Array(bytes),
  },
})
const limits = { messageBytesMax: 1_000, queueBytesMax: 300_000 }

test('an agent whose message is too long is told so, and its link ends', async (t) => {
  const { port, heard, ended } = await open(t, { limits })
  const agent = connect(t, port)
  agent.link.send(said(900))
  agent.link.send(said(2_000))
  const { code, message } = await agent.ended
  assert.equal(code, grpc.status.RESOURCE_EXHAUSTED)
  assert.match(message, /^a message of 20\d\d bytes; at most 1000 are read$/)
  assert.deepEqual([heard.length, ended.length], [1, 1])
})

test('an agent that does not read is cut with a status that says why', async (t) => {
  const links: ServerLink[] = []
  const { port, ended } = await open(t, { limits, onLink: (link) => links.push(link) })
  const agent = connect(t, port)
  await agent.opened
  const frame = encodeLinkMessage({ type: 'SHUTDOWN', shutdown: { message: 'x'.repeat(10_000) } })
  for (let n = 0; n < 31 && ended.length === 0; n++) links[0]?.send(frame)
  assert.equal(ended.length, 1)
  const { code } = await agent.ended
  assert.equal(code, grpc.status.RESOURCE_EXHAUSTED)
})

test('an agent that says much leaves turns to others, and all that it says is heard', async (t) => {
  const turns: number[] = []
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  count()
  t.after(() => (isOver = true))
  const { port, heard } = await open(t, { onMessage: () => turns.push(turn) })
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': AGENT_LINK_PATH }, { endStream: false })
  const pong = frameMessage(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', { type: 'PONG' }))
  const total = 20 * LINK_MESSAGES_A_TURN_MAX + 1
  stream.write(Buffer.concat(Array.from({ length: total }, () => pong)))
  while (heard.length < total) await new Promise((resolve) => setTimeout(resolve, 5))
  const inTurn = Map.groupBy(turns, (each) => each)
  assert.ok(Math.max(...[...inTurn.values()].map(({ length }) => length)) <= 2 * LINK_MESSAGES_A_TURN_MAX)
  stream.destroy()
})

async function arrive(t: TestContext, count: number): Promise<net.Socket[]> {
  const arrived: net.Socket[] = []
  const server = net.createServer((socket) => arrived.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: count }, () => net.connect(port, '127.0.0.1'))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  while (arrived.length < count) await new Promise(setImmediate)
  return arrived
}

function work(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Takes `slowMs` for each beginning, and as long for what a session reads at once. */
function slowHandshakes(t: TestContext, slowMs: number) {
  const { performServerHandshake } = http2
  return t.mock.method(http2, 'performServerHandshake', (...given: Parameters<typeof performServerHandshake>) => {
    work(slowMs)
    process.nextTick(() => process.nextTick(work, slowMs))
    return performServerHandshake(...given)
  })
}

test('agents that come all at once are begun with for a bounded time in each turn, the last ones first', async (t) => {
  const links = new LinkServer({ onLink: () => undefined })
  t.after(() => links.close())
  const count = 60
  const arrived = await arrive(t, count)
  const handshake = slowHandshakes(t, LINK_BEGIN_SLICE_MS / 4)
  for (const socket of arrived) links.injectConnection(socket)
  assert.equal(handshake.mock.callCount(), 0)
  let most = 0
  for (let before = 0; before < count; before = handshake.mock.callCount()) {
    await new Promise(setImmediate)
    most = Math.max(most, handshake.mock.callCount() - before)
  }
  assert.ok(most <= 2, `${most} in one turn`)
  const begun = handshake.mock.calls.map((call) => call.arguments[0])
  assert.deepEqual(
    begun.map((socket) => arrived.indexOf(socket as net.Socket)),
    arrived.keys().toArray().reverse(),
  )
})

test('a connection that closes while it waits for its turn is not begun, and none after the close', async (t) => {
  const links = new LinkServer({ onLink: () => undefined })
  t.after(() => links.close())
  const arrived = await arrive(t, 500)
  const handshake = slowHandshakes(t, LINK_BEGIN_SLICE_MS)
  for (const socket of arrived) links.injectConnection(socket)
  const gone = arrived.filter((_, index) => index >= 100 && index < 498)
  for (const socket of gone) socket.destroy()
  while (handshake.mock.callCount() < 3) await new Promise(setImmediate)
  links.close()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  const begun = handshake.mock.calls.map((call) => arrived.indexOf(call.arguments[0] as net.Socket))
  assert.deepEqual(begun, [499, 498, 99])
  assert.ok(arrived.slice(0, 99).every(({ destroyed }) => destroyed))
})

test('an agent that says much and then ends is heard to its last message', async (t) => {
  const { port, heard, ended } = await open(t, {})
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': AGENT_LINK_PATH }, { endStream: false })
  const pong = frameMessage(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', { type: 'PONG' }))
  const total = 5 * LINK_MESSAGES_A_TURN_MAX + 1
  stream.end(Buffer.concat(Array.from({ length: total }, () => pong)))
  while (ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(heard.length, total)
})

test('a message that comes in many pieces is heard whole', async (t) => {
  const { port, heard } = await open(t, {})
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': AGENT_LINK_PATH }, { endStream: false })
  for (const byte of frameMessage(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', said(50)))) {
    stream.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(heard, [said(50)])
  stream.destroy()
})

test('an agent is told that a connection has one stream', async (t) => {
  const { port } = await open(t, {})
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  await once(session, 'remoteSettings')
  assert.equal(session.remoteSettings.maxConcurrentStreams, 1)
})

test('what is not the link is refused with UNIMPLEMENTED', async (t) => {
  const { port } = await open(t, {})
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  t.after(() => client.close())
  const asBuffer = (bytes: Buffer): Buffer => bytes
  const stream = client.makeBidiStreamRequest('/other.Service/Call', asBuffer, asBuffer)
  stream.on('data', () => undefined)
  const [error] = (await once(stream, 'error')) as [grpc.ServiceError]
  assert.equal(error.code, grpc.status.UNIMPLEMENTED)
})

test('a connection is closed after what is not the link, as it is after the link', { timeout: 5_000 }, async (t) => {
  const { port } = await open(t, {})
  for (const path of ['/other.Service/Call', AGENT_LINK_PATH]) {
    const session = http2.connect(`http://127.0.0.1:${port}`)
    t.after(() => session.destroy())
    session.request({ ':method': 'POST', ':path': path }).resume().end()
    await once(session, 'close')
  }
})

test('a compressed message is refused with INTERNAL', async (t) => {
  const { port, ended } = await open(t, {})
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': AGENT_LINK_PATH }, { endStream: false })
  stream.resume()
  stream.write(Buffer.of(1, 0, 0, 0, 0))
  const [trailers] = (await once(stream, 'trailers')) as [http2.IncomingHttpHeaders]
  assert.equal(trailers['grpc-status'], String(grpc.status.INTERNAL))
  assert.equal(ended.length, 1)
  stream.destroy()
})

test('what was said before the end arrives', async (t) => {
  const { port } = await open(t, {
    onLink: (link) => {
      link.send(encodeLinkMessage({ type: 'REFUSED', refused: { message: 'no' } }))
      link.end()
    },
  })
  const { messages, ended } = connect(t, port)
  assert.equal((await ended).code, 0)
  assert.deepEqual(messages, [{ type: 'REFUSED', refused: { message: 'no' } }])
})
