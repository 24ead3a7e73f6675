import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Forwarder } from './forward.ts'
import type { ForwardOptions } from './forward.ts'

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A standby in front of `leader`. */
async function standby(
  context: TestContext,
  leader: string | undefined,
  options: Partial<ForwardOptions> = {},
): Promise<string> {
  const forwarder = new Forwarder({
    via: { header: 'X-Test-Via', entry: () => '1.1 me' },
    answerVia: true,
    connectTimeoutMs: 2_000,
    answerTimeoutMs: 2_000,
    connectionsMax: 4,
    refuse: (failure, _request, response) => response.writeHead(502).end(failure),
    ...options,
  })
  return serve(context, (request, response) => forwarder.forward(request, response, leader))
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

test('a request reaches the leader with its method, headers and body, and the answer comes back with who passed it', async (context) => {
  const leader = await serve(context, (request, response) => {
    void textOf(request).then((body) => {
      const { authorization, host } = request.headers
      const seen = { method: request.method, url: request.url, body, authorization, host }
      const passed = { via: request.headers['x-test-via'], from: request.headers['x-forwarded-for'] }
      response.writeHead(418, { 'x-answer': 'yes' })
      response.end(JSON.stringify({ ...seen, ...passed }))
    })
  })
  const url = await standby(context, leader)
  const headers = { authorization: 'Basic eA==', 'x-test-via': '1.1 other' }
  const answer = await fetch(`${url}/v2/apps?a=b`, { method: 'PUT', body: 'text', headers })
  assert.equal(answer.status, 418)
  assert.equal(answer.headers.get('x-answer'), 'yes')
  assert.equal(answer.headers.get('x-test-via'), '1.1 me')
  assert.deepEqual(await answer.json(), {
    method: 'PUT',
    url: '/v2/apps?a=b',
    body: 'text',
    authorization: 'Basic eA==',
    host: new URL(leader).host,
    via: '1.1 other, 1.1 me',
    from: '127.0.0.1',
  })
})

test('without a leader, to a leader that is gone, and in a loop, the reason is told', async (context) => {
  const nobody = await standby(context, undefined)
  assert.equal(await (await fetch(nobody)).text(), 'no-leader')
  const gone = await standby(context, 'http://127.0.0.1:9')
  assert.equal(await (await fetch(gone)).text(), 'refused')
  const loop = await standby(context, 'http://127.0.0.1:9')
  assert.equal(await (await fetch(loop, { headers: { 'x-test-via': '1.1 me' } })).text(), 'loop')
})

test('somebody whose name begins like ours is no loop', async (context) => {
  const leader = await serve(context, (_request, response) => response.end('answered'))
  const url = await standby(context, leader)
  const answer = await fetch(url, { headers: { 'x-test-via': '1.1 before, 1.1 me2' } })
  assert.equal(await answer.text(), 'answered')
})

test('a leader that does not answer in time or hangs up is told apart', async (context) => {
  const silent = await serve(context, () => undefined)
  const waiting = await standby(context, silent, { answerTimeoutMs: 50 })
  assert.equal(await (await fetch(waiting)).text(), 'timeout')
  const rude = await serve(context, (request) => void request.socket.destroy())
  const failing = await standby(context, rude)
  assert.equal(await (await fetch(failing, { method: 'POST', body: 'x' })).text(), 'failed')
})

test('a stream is passed on as it comes, however silent, and ends with the client', async (context) => {
  const ended = Promise.withResolvers<void>()
  const leader = await serve(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('one')
    setTimeout(() => response.write('two'), 200)
    response.on('close', () => ended.resolve())
  })
  const url = await standby(context, leader, { answerTimeoutMs: 100 })
  const answer = await fetch(url)
  const reader = answer.body?.getReader()
  assert.ok(reader)
  const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
  assert.equal(await next(), 'one')
  assert.equal(await next(), 'two')
  await reader.cancel()
  await ended.promise
})
