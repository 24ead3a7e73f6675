import type { CheckAttempt, CheckResult } from '@thermosphere/agent-core'
import { Background } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { CheckRunner } from './check-runner.ts'

/** Of nobody, signed by itself. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPPq8a5PqsdDphlSw
aE7GFWWDT7POiTraY2SLI+oTZLChRANCAATdsPXNUvaPpw27lTYZ26xycUds7QFE
RRdTFI+QtAdYEwXcecp0TpkBL5t53wV9qwlVfjMmBcIF3agEdi5mpXgg
-----END PRIVATE KEY-----
`
const cert = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUVfzggQp3CIhbneseucUPplGCgR4wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyOTA5MzcwMloYDzIxMjYxMTA1MDkz
NzAyWjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATdsPXNUvaPpw27lTYZ26xycUds7QFERRdTFI+QtAdYEwXcecp0TpkBL5t53wV9
qwlVfjMmBcIF3agEdi5mpXggo1MwUTAdBgNVHQ4EFgQUOfD8vDze8an6M9rdOWCW
WW5CeBMwHwYDVR0jBBgwFoAUOfD8vDze8an6M9rdOWCWWW5CeBMwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAi8b6VxKMO5Yh4uxknQQ1SydNnOza
APjyH3VbgspS6NwCIDCjTu09cTygQMnXCacpR3K8Os3hGUtNF6Spih84qWix
-----END CERTIFICATE-----
`

/** What one attempt comes to. */
async function tried(attempt: CheckAttempt, timeoutMs = 20_000): Promise<CheckResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CheckResult>()
  const runner = new CheckRunner({
    containers: { find: () => undefined },
    background: new Background((_name, error) => reject(error)),
    submit: (input) => input.type === 'check-result' && resolve(input.result),
  })
  runner.run({ type: 'run-check', containerId: 'c', token: 1, attempt, timeoutMs })
  return await promise
}

async function listening(t: TestContext, server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address() as AddressInfo
  return address.port
}

const http = (port: number, path = '/', scheme = 'http'): CheckAttempt => {
  return { type: 'http', scheme, host: '127.0.0.1', port, path }
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

suite('an attempt of a check', () => {
  test('[mesos 117] by HTTP gives the status after redirects', async (t) => {
    const answer: RequestListener = ({ url }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/sick' }).end()
      else response.writeHead(url === '/sick' ? 500 : 204).end()
    }
    const port = await listening(t, createServer(answer))
    assert.deepEqual(await tried(http(port)), { type: 'http', statusCode: 204 })
    assert.deepEqual(await tried(http(port, '/sick')), { type: 'http', statusCode: 500 })
    assert.deepEqual(await tried(http(port, 'moved')), { type: 'http', statusCode: 500 })
  })

  test('[mesos 117] by HTTPS does not mind who signed the certificate', async (t) => {
    const server = createTlsServer({ key, cert }, (_request, response) => response.writeHead(201).end())
    const port = await listening(t, server)
    assert.deepEqual(await tried(http(port, '/', 'https')), { type: 'http', statusCode: 201 })
    assert.equal((await tried(http(port, '/', 'http'))).type, 'none')
  })

  test('[mesos 118] by TCP tells whether somebody listens', async (t) => {
    const server = createServer()
    const port = await listening(t, server)
    const attempt: CheckAttempt = { type: 'tcp', host: '127.0.0.1', port }
    assert.deepEqual(await tried(attempt), { type: 'tcp', succeeded: true })
    server.close()
    await once(server, 'close')
    assert.deepEqual(await tried(attempt), { type: 'tcp', succeeded: false })
  })

  test('[mesos 121] on IPv6 finds a server on ::1 alone', { skip: hasIpv6 ? false : 'needs IPv6' }, async (t) => {
    const server = createServer((_request, response) => response.writeHead(200).end())
    const port = await listening(t, server, '::1')
    const ipv6 = { host: '::1', port }
    assert.deepEqual(await tried({ ...ipv6, type: 'http', scheme: 'http', path: '/' }), {
      type: 'http',
      statusCode: 200,
    })
    assert.deepEqual(await tried({ ...ipv6, type: 'tcp' }), { type: 'tcp', succeeded: true })
    assert.equal((await tried(http(port))).type, 'none', 'nobody listens on 127.0.0.1')
  })

  test('[mesos 119] ends without a result when its time is over', async (t) => {
    const server = createServer(() => undefined)
    const port = await listening(t, server)
    t.after(() => server.closeAllConnections())
    const result = await tried(http(port), 50)
    assert.equal(result.type, 'none')
  })
})
