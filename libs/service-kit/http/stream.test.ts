import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createHttpServer } from './listen.ts'
import { HttpChunk, StreamWriter } from './stream.ts'

test('with chunkPerWrite, records written in one turn arrive as chunks of their own', async () => {
  const server = createHttpServer((_request, response) => {
    const writer = new StreamWriter(response, { contentType: 'application/json', chunkPerWrite: true })
    writer.write('one')
    writer.write(Buffer.from('second'))
    setImmediate(() => writer.close())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const data of socket) text += String(data)
  server.close()
  assert.equal(text.slice(text.indexOf('\r\n\r\n') + 4), '3\r\none\r\n6\r\nsecond\r\n0\r\n\r\n')
})

test('with chunkPerWrite, records written in one turn go out together', async () => {
  const server = createHttpServer((_request, response) => {
    const writer = new StreamWriter(response, { contentType: 'application/json', chunkPerWrite: true })
    setTimeout(() => {
      for (let n = 0; n < 50; n++) writer.write(`record ${n}`)
      writer.writeAll(['a', 'b'])
    }, 20)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [head, records] = [await once(socket, 'data'), await once(socket, 'data')].map(String)
  socket.destroy()
  server.close()
  assert.ok(head?.endsWith('\r\n\r\n'))
  assert.equal(records?.match(/record/g)?.length, 50)
  assert.ok(records?.endsWith('1\r\na\r\n1\r\nb\r\n'))
})

test('a chunk that is framed already arrives also when an earlier answer has the connection', async () => {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = createHttpServer((request, response) => {
    if (request.url === '/first') return void begun.promise.then(() => response.end('first'))
    const writer = new StreamWriter(response, { contentType: 'application/json', chunkPerWrite: true })
    writer.write(new HttpChunk(Buffer.from('one')))
    begun.resolve()
    void over.promise.then(() => {
      writer.write(new HttpChunk(Buffer.from('second')))
      writer.close()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const data of socket) {
    text += String(data)
    if (text.includes('application/json')) over.resolve()
  }
  server.close()
  assert.ok(text.endsWith('\r\n\r\n3\r\none\r\n6\r\nsecond\r\n0\r\n\r\n'), text)
})
