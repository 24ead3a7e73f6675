import { SchedulerClient } from '@thermosphere/protocol/node'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { configOf } from '../../config.ts'
import { looseJson, runMaster } from '../../testing/running-master.ts'
import type { RunningMaster } from '../../testing/running-master.ts'

const basic = (text: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
})
const alice = basic('alice:geheim')
const json = { 'Content-Type': 'application/json', Accept: 'application/json' }

/** Every kind of route with its realm; the first answer is what the right login gets. */
const routes: readonly (readonly [string, string, string | undefined, number])[] = [
  ['GET', '/health', undefined, 200],
  ['GET', '/master/health', undefined, 200],
  ['GET', '/version', undefined, 200],
  ['GET', '/redirect', undefined, 307],
  ['GET', '/master/redirect', undefined, 307],
  ['GET', '/nowhere', undefined, 404],
  ['GET', '/state', 'mesos-master-readonly', 200],
  ['GET', '/master/state', 'mesos-master-readonly', 200],
  ['GET', '/%73tate', 'mesos-master-readonly', 200],
  ['GET', '/state/', 'mesos-master-readonly', 200],
  ['GET', '/state-summary', 'mesos-master-readonly', 200],
  ['GET', '/slaves', 'mesos-master-readonly', 200],
  ['GET', '/frameworks', 'mesos-master-readonly', 200],
  ['GET', '/tasks', 'mesos-master-readonly', 200],
  ['GET', '/roles', 'mesos-master-readonly', 200],
  ['GET', '/flags', 'mesos-master-readonly', 200],
  ['GET', '/maintenance/status', 'mesos-master-readonly', 200],
  ['GET', '/metrics/snapshot', 'mesos-master-readonly', 200],
  ['GET', '/system/stats.json', 'mesos-master-readonly', 200],
  ['GET', '/files/debug', 'mesos-master-readonly', 200],
  ['GET', '/files/browse', 'mesos-master-readonly', 400],
  ['GET', '/logging/toggle', 'mesos-master-readwrite', 200],
  ['POST', '/api/v1', 'mesos-master-readwrite', 400],
  ['POST', '/api/v1/operator', 'mesos-master-readwrite', 400],
  ['POST', '/teardown', 'mesos-master-readwrite', 400],
  ['POST', '/master/reserve', 'mesos-master-readwrite', 400],
  ['GET', '/quota', 'mesos-master-readwrite', 200],
  ['DELETE', '/quota/r', 'mesos-master-readwrite', 400],
  ['PUT', '/weights', 'mesos-master-readwrite', 400],
  ['POST', '/maintenance/schedule', 'mesos-master-readwrite', 400],
  ['POST', '/machine/down', 'mesos-master-readwrite', 400],
  ['POST', '/api/v1/scheduler', 'mesos-master-scheduler', 400],
]

suite('a master that people log in to', () => {
  let master: RunningMaster
  let directory: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'login-'))
    const path = join(directory, 'credentials')
    const credentials = [
      { principal: 'alice', secret: 'geheim' },
      { principal: 'bob', secret: 'b' },
    ]
    await writeFile(path, JSON.stringify({ credentials }), { mode: 0o600 })
    master = await runMaster(
      '--registry=in_memory',
      `--credentials=file://${path}`,
      '--authenticate_http_readonly',
      '--authenticate_http_readwrite',
      '--authenticate_http_frameworks',
      '--http_framework_authenticators=basic',
    )
  })
  after(async () => {
    await master.close()
    await rm(directory, { recursive: true })
  })

  const ask = (method: string, path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${master.url}${path}`, { method, headers, redirect: 'manual' })

  for (const [method, path, realm, status] of routes) {
    test(`[mesos 201] [mesos 203] ${method} ${path} is for ${realm ?? 'anybody'}`, async () => {
      const refused = await ask(method, path, {})
      assert.equal(refused.headers.get('www-authenticate'), realm === undefined ? null : `Basic realm="${realm}"`)
      assert.equal(refused.status, realm === undefined ? status : 401)
      if (realm !== undefined) {
        assert.equal(await refused.text(), '401 Unauthorized.')
        assert.equal(refused.headers.get('content-type'), 'text/plain; charset=utf-8')
        assert.equal((await ask(method, path, basic('alice:falsch'))).status, 401)
      }
      assert.equal((await ask(method, path, alice)).status, status)
    })
  }

  const subscribe = (framework: object, headers: Record<string, string>): Promise<Response> =>
    fetch(`${master.url}/api/v1/scheduler`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify({
        type: 'SUBSCRIBE',
        subscribe: { framework_info: { user: 'root', name: 'f', ...framework } },
      }),
    })

  test("[mesos 203] another's principal in FrameworkInfo is refused", async () => {
    const response = await subscribe({ principal: 'bob' }, alice)
    assert.equal(response.status, 400)
    assert.match(await response.text(), /Authenticated principal 'alice' does not match principal 'bob'/)
  })

  test('[mesos 203] a framework gets the principal that it logged in as, and only that one may call for it', async () => {
    const clientLog: string[] = []
    let id = ''
    const client = new SchedulerClient({
      masters: [master.url],
      frameworkInfo: () => ({ user: 'root', name: 'with-login' }),
      credential: { principal: 'alice', secret: 'geheim' },
      onEvent: () => undefined,
      onConnected: ({ framework_id }) => (id = framework_id.value),
      onFatal: (message) => clientLog.push(message),
    })
    client.start()
    await eventually('a subscription', () => id !== '')
    const { frameworks } = await looseJson(ask('GET', '/frameworks', alice))
    const found = Object.values(frameworks ?? {}).find((framework) => (framework.name as unknown) === 'with-login')
    assert.equal(found?.principal, 'alice')
    const call = await fetch(`${master.url}/api/v1/scheduler`, {
      method: 'POST',
      headers: { ...json, ...basic('bob:b'), 'Mesos-Stream-Id': 'x' },
      body: JSON.stringify({ type: 'TEARDOWN', framework_id: { value: id } }),
    })
    assert.equal(call.status, 400)
    assert.match(await call.text(), /'bob' does not match principal 'alice'/)
    await client.close()
    assert.deepEqual(clientLog, [])
  })
})

suite('[mesos 201] [mesos 203] a master that could not check logins does not start', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no credentials', ['--authenticate_http_readonly'], /nobody could log in; give --credentials/],
    [
      'no way to log in',
      ['--authenticate_http_frameworks', '--credentials=/x'],
      /say how with --http_framework_authenticators=basic/,
    ],
  ]
  for (const [what, flags, why] of cases) {
    test(what, () => assert.throws(() => configOf(flags), why))
  }

  test('an unreadable file', async () => {
    const flags = ['--registry=in_memory', '--authenticate_http_readonly', '--credentials=/no/such']
    await assert.rejects(() => runMaster(...flags), /cannot be read/)
  })
})
