import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { createMetrics, createRequestObserver } from '../metrics/metrics.ts'
import { createBareHandler } from './bare-handler.ts'
import { readBody } from './body.ts'
import { listen } from './listen.ts'

test('a bare handler gives ids, tells the log and the metrics, and answers errors with their sentence', async () => {
  const logged: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) })
  const metrics = createMetrics({ processMetrics: false })
  const target = createBareHandler(
    { logger, metrics: createRequestObserver(metrics, 'test') },
    async (request, response) => {
      const body = await readBody(request, 5)
      if (body.length === 0) throw new Error('a secret')
      response.end(body)
    },
  )
  const server = await listen({ target, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false })
  const post = async (body: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/?token=x`, {
      method: 'POST',
      body,
      headers: { 'X-Request-Id': `id-${body.length}` },
    })
    return `${answer.status} ${answer.headers.get('x-request-id')} ${await answer.text()}`
  }
  assert.equal(await post('12345'), '200 id-5 12345')
  assert.match(await post('123456'), /^413 id-6 the body is larger than the 5 bytes/)
  assert.equal(await post(''), '500 id-0 internal error; the log has it under this request id')
  await server.close(50)
  const events = logged.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    events.filter(({ msg }) => msg === 'http.request').map(({ requestId, status, path }) => [requestId, status, path]),
    [
      ['id-5', 200, '/'],
      ['id-6', 413, '/'],
      ['id-0', 500, '/'],
    ],
  )
  assert.equal(events.filter(({ msg, requestId }) => msg === 'http.request.failed' && requestId === 'id-0').length, 1)
})
