import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import net from 'node:net'
import { after, before, suite, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { AGENT_LINK_PATH, ClientLink } from './client-link.ts'
import type { LinkEnd } from './client-link.ts'
import { encodeLinkMessage, LinkServer } from './link-server.ts'
import { createSharedPortServer } from './shared-port.ts'

const register: agentLink.AgentMessage = {
  type: 'REGISTER',
  register: { agent_info: { hostname: 'h', port: 5051 }, version: '0.1.0', checkpointed_resources: [] },
}

suite('the shared port', () => {
  const httpServer = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => response.end(`${request.method} ${request.url} ${body}`))
  })
  const links = new LinkServer({
    onLink: (link) => {
      const onMessage = ({ type, register }: agentLink.AgentMessage): void => {
        if (type !== 'REGISTER') return
        link.send(
          encodeLinkMessage({ type: 'REGISTERED', registered: { agent_id: { value: register?.version ?? '' } } }),
        )
      }
      link.listen({ onMessage, onEnd: () => undefined })
    },
  })
  const server = createSharedPortServer({ httpServer, links, firstBytesTimeoutMs: 200 })
  let address = ''
  const port = (): number => Number(address.split(':')[1])

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    httpServer.closeAllConnections()
    links.close()
    server.close()
  })

  test('carries the agent link', async () => {
    const messages: agentLink.MasterMessage[] = []
    const { promise: ended, resolve } = Promise.withResolvers<LinkEnd>()
    const onMessage = (message: agentLink.MasterMessage): void => {
      messages.push(message)
      link.end()
    }
    const link = new ClientLink({ address, onMessage, onEnd: resolve })
    link.send(register)
    assert.deepEqual(await ended, { code: 0, message: 'the master ended the stream' })
    assert.deepEqual(messages, [{ type: 'REGISTERED', registered: { agent_id: { value: '0.1.0' } } }])
  })

  test('answers HTTP, also on a kept connection and with a body', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    for (const body of ['one', 'x'.repeat(200_000)]) {
      const request = http.request({ agent, port: port(), host: '127.0.0.1', method: 'POST', path: '/state' })
      request.end(body)
      const [response] = await once(request, 'response')
      let text = ''
      for await (const chunk of response) text += String(chunk)
      assert.equal(text, `POST /state ${body}`)
    }
    agent.destroy()
  })

  const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0'
  const slowStarts = [
    ['HTTP', 'PUT /x HTTP/1.1\r\nHost: h\r\n\r\n', /^HTTP\/1\.1 200 OK/],
    ['HTTP/2', http2Preface, /^\0\0.\u0004\0/s],
  ] as const
  for (const [name, text, expected] of slowStarts) {
    test(`recognises ${name} when the first bytes arrive one by one`, async () => {
      const socket = net.connect({ port: port(), host: '127.0.0.1', noDelay: true })
      const answered = once(socket, 'data')
      for (const character of text) {
        socket.write(character, 'latin1')
        await new Promise((resolve) => setImmediate(resolve))
      }
      const [answer] = await answered
      assert.match(String(answer), expected)
      socket.destroy()
    })
  }

  test('drops connections that stay silent', async () => {
    const socket = net.connect(port(), '127.0.0.1')
    await once(socket, 'close')
  })

  test('cuts requests that are too slow, and idle connections when it is told to', async (context) => {
    const limits = { headersTimeout: 200, requestTimeout: 0, connectionsCheckingInterval: 50 }
    const slowServer = createSharedPortServer({
      httpServer: http.createServer(limits, (_request, response) => response.end()),
    })
    slowServer.listen(0, '127.0.0.1')
    await once(slowServer, 'listening')
    context.after(() => slowServer.close())
    const say = (text: string): net.Socket => {
      const socket = net.connect((slowServer.address() as AddressInfo).port, '127.0.0.1')
      socket.write(text)
      return socket.resume()
    }
    const slow = say('GET /x HTTP/1.1\r\nHost: h\r\n')
    const idle = say('GET /x HTTP/1.1\r\nHost: h\r\n\r\n')
    await once(slow, 'close')
    assert.equal(idle.destroyed, false)
    slowServer.closeIdleConnections()
    await once(idle, 'close')
  })

  test('ends a link with an error when a message is not valid', async () => {
    const client = new grpc.Client(address, grpc.credentials.createInsecure())
    const stream = client.makeBidiStreamRequest(
      AGENT_LINK_PATH,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    )
    stream.write(Buffer.from([0x12, 0]))
    const [error] = await once(stream, 'error')
    assert.match(String(error), /INTERNAL: Error deserializing request/)
    client.close()
  })

  test('tells the agent when the master is not there', async () => {
    const unused = net.createServer().listen(0, '127.0.0.1')
    await once(unused, 'listening')
    const { port: free } = unused.address() as AddressInfo
    unused.close()
    const { promise: ended, resolve } = Promise.withResolvers<LinkEnd>()
    const link = new ClientLink({ address: `127.0.0.1:${free}`, onMessage: () => undefined, onEnd: resolve })
    const { code, message } = await ended
    assert.equal(code, grpc.status.UNAVAILABLE)
    assert.match(message, /ECONNREFUSED/)
    link.send(register)
  })
})
