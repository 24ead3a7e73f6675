import { createHttpApp, createLogger, errorMiddleware, textErrors } from '@thermosphere/service-kit'
import type { Router } from 'express'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { AddressInfo } from 'node:net'
import type { HttpContext } from '../context.ts'
import { fileRoutes } from '../files/routes.ts'
import { endpointTexts, helpRoutes } from './help.ts'
import { classicRoutes } from './routes.ts'

const logger = createLogger({ name: 'test', level: 'fatal' })
const app = createHttpApp({ logger }).use(helpRoutes())
const server = createServer(app.use(errorMiddleware({ logger, format: textErrors })))
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => server.close())

async function get(path: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

const pathsOf = ({ stack }: Router): string[] =>
  stack.flatMap(({ route }) => (route === undefined ? [] : [route.path.replace('{/*endpoint}', '')]))

test('[mesos 212] /help of an agent says what every endpoint is, and no more', () => {
  // Routes are made before anything is asked of what is behind them.
  const context = {} as HttpContext
  const routed = [classicRoutes(context), fileRoutes(context), helpRoutes()].flatMap(pathsOf)
  assert.deepEqual(Object.keys(endpointTexts).sort(), [...routed, '/api/v1', '/api/v1/executor'].sort())
})

test('[mesos 212] /help of an agent lists all, those of a part, and one, as text and as JSON', async () => {
  const all = await get('/help')
  assert.deepEqual([all.status, all.type], [200, 'text/plain; charset=utf-8'])
  assert.match(all.text, /^# files\n\n\* `\/files\/browse`: Lists a directory/)
  assert.match(all.text, /\n# slave\(1\)\n\n\* `\/slave\(1\)\/api\/v1`: The operator API/)
  assert.equal((await get('/help/version')).text, '# version\n\n* `/version`: The version.\n')
  for (const path of ['/help/slave(1)/state', '/help/slave%281%29/state']) {
    const { type, text } = await get(`${path}?format=json`)
    assert.equal(type, 'application/json')
    assert.deepEqual(JSON.parse(text), {
      processes: [{ id: 'slave(1)', endpoints: [{ name: '/state', text: endpointTexts['/state'] }] }],
    })
  }
  assert.match((await get('/help/version?format=json&jsonp=show')).text, /^show\(\{"processes":.+\}\);$/)
  assert.deepEqual(await get('/help/nothing'), {
    status: 404,
    type: 'text/plain; charset=utf-8',
    text: '404 Not Found.',
  })
})
