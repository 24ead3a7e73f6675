import { createLogger, listen } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Agents } from '../cluster/agents.ts'
import { CapacityHistory } from '../cluster/capacity.ts'
import { Leader } from '../cluster/leader.ts'
import type { OwnLogins } from '../cluster/own-logins.ts'
import { Replicas } from '../cluster/replicas.ts'
import { Proxy } from '../proxy/proxy.ts'
import { createGatewayApp } from './routes.ts'

async function startUpstream(context: TestContext, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Surroundings = { master?: string; marathon?: string; logins?: Partial<OwnLogins> }

async function startGateway(context: TestContext, upstreams: Surroundings): Promise<string> {
  const dashboard = mkdtempSync(`${tmpdir()}/dashboard-`)
  mkdirSync(`${dashboard}/assets`)
  writeFileSync(`${dashboard}/index.html`, '<title>Thermosphere</title>')
  writeFileSync(`${dashboard}/assets/app-1.js`, 'export {}')
  const logins = { masters: undefined, agents: undefined, ...upstreams.logins }
  const leader = new Leader((upstreams.master ?? '127.0.0.1:1').split(','), logins.masters)
  const marathons = (upstreams.marathon ?? '127.0.0.1:1').split(',').map((address) => `http://${address}`)
  const proxy = new Proxy()
  const app = createGatewayApp({
    logger: createLogger({ name: 'gateway', level: 'fatal' }),
    proxy,
    leader,
    agents: new Agents(leader),
    capacity: new CapacityHistory(leader),
    services: { marathon: { name: 'Marathon', replicas: new Replicas(marathons) } },
    logins,
    dashboard,
    describeCluster: () => Promise.resolve({ name: 'test' }),
    prometheus: () => Promise.resolve({ contentType: 'text/plain', text: 'up 1\n' }),
  })
  const server = await listen({ target: app, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false })
  context.after(async () => {
    await server.close(0)
    await proxy.close()
    rmSync(dashboard, { recursive: true })
  })
  return `http://127.0.0.1:${server.port}`
}

test('[platform 1] requests reach the master and Marathon with their prefix stripped', async (context) => {
  const master = await startUpstream(context, (request, response) => response.end(`master ${request.url}`))
  const marathon = await startUpstream(context, (request, response) => {
    request.pipe(response.setHeader('x-method', request.method ?? ''))
  })
  const url = await startGateway(context, { master, marathon })
  assert.equal(await (await fetch(`${url}/mesos/state-summary?x=1`)).text(), 'master /state-summary?x=1')
  const posted = await fetch(`${url}/service/marathon/v2/apps`, { method: 'POST', body: '{"id":"/a"}' })
  assert.equal(posted.headers.get('x-method'), 'POST')
  assert.equal(await posted.text(), '{"id":"/a"}')
})

test('[platform 4] an agent is reached by its id, an unknown one is a 404 that names it', async (context) => {
  const agent = await startUpstream(context, (request, response) => response.end(`agent ${request.url}`))
  const slaves = JSON.stringify({ slaves: [{ id: 'm-S0', pid: `slave(1)@${agent}` }] })
  const master = await startUpstream(context, (_request, response) => response.end(slaves))
  const url = await startGateway(context, { master })
  assert.equal(await (await fetch(`${url}/agent/m-S0/files/read?path=x`)).text(), 'agent /files/read?path=x')
  assert.equal(await (await fetch(`${url}/slave/m-S0`)).text(), 'agent /')
  const unknown = await fetch(`${url}/agent/m-S9/state`)
  assert.equal(unknown.status, 404)
  assert.match(((await unknown.json()) as { message: string }).message, /m-S9/)
})

test('[platform 10] an event stream passes as it is written and ends with its reader', async (context) => {
  let ended: () => void = () => undefined
  const upstreamEnded = new Promise<void>((resolve) => (ended = resolve))
  const marathon = await startUpstream(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
    response.on('close', ended)
  })
  const url = await startGateway(context, { marathon })
  const abort = new AbortController()
  const stream = await fetch(`${url}/service/marathon/v2/events`, { signal: abort.signal })
  const { value } = (await stream.body?.getReader().read()) ?? {}
  assert.equal(Buffer.from(value ?? []).toString(), 'data: 1\n\n')
  abort.abort()
  await upstreamEnded
})

test('an upstream that is away is a 502 that says who is missing', async (context) => {
  const url = await startGateway(context, {})
  const answer = await fetch(`${url}/service/marathon/v2/apps`)
  assert.equal(answer.status, 502)
  assert.match(((await answer.json()) as { message: string }).message, /Marathon at .* cannot be reached/)
})

test('[platform 12] /marathon is sent to /service/marathon with its method kept', async (context) => {
  const url = await startGateway(context, {})
  const answer = await fetch(`${url}/marathon/v2/apps?force=true`, { method: 'POST', redirect: 'manual' })
  assert.equal(answer.status, 307)
  assert.equal(answer.headers.get('location'), '/service/marathon/v2/apps?force=true')
})

test('a page of another site cannot change the cluster', async (context) => {
  const url = await startGateway(context, {})
  const headers = { 'sec-fetch-site': 'cross-site' }
  assert.equal((await fetch(`${url}/service/marathon/v2/apps`, { method: 'POST', headers })).status, 403)
})

test('every path of the dashboard gets its page, and a lost asset a 404', async (context) => {
  const url = await startGateway(context, {})
  const page = await fetch(`${url}/services/%2Fshop%2Fcart`, { headers: { accept: 'text/html' } })
  assert.equal(await page.text(), '<title>Thermosphere</title>')
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  assert.equal((await fetch(`${url}/assets/app-1.js`)).status, 200)
  assert.equal((await fetch(`${url}/assets/app-0.js`)).status, 404)
})

test('a request goes to the next Marathon when one is down, with its body, and stays with the one that answers', async (context) => {
  const first = await startUpstream(context, (_request, response) => response.end('first'))
  const second = await startUpstream(context, (request, response) => void request.pipe(response))
  const url = await startGateway(context, { marathon: `127.0.0.1:1,${second},${first}` })
  const posted = await fetch(`${url}/service/marathon/v2/apps`, { method: 'POST', body: '{"id":"/a"}' })
  assert.equal(await posted.text(), '{"id":"/a"}')
  assert.equal(await (await fetch(`${url}/service/marathon/v2/apps`)).text(), '')
})

test('a change that may have arrived is not sent to another Marathon; a question is', async (context) => {
  let changes = 0
  const breaking = await startUpstream(context, (request) => {
    if (request.method === 'DELETE') changes++
    request.socket.destroy()
  })
  const working = await startUpstream(context, (request, response) => {
    if (request.method === 'DELETE') changes++
    response.end('works')
  })
  const url = await startGateway(context, { marathon: `${breaking},${working}` })
  const deleted = await fetch(`${url}/service/marathon/v2/apps/a`, { method: 'DELETE' })
  assert.deepEqual([deleted.status, changes], [502, 1])
  const other = await startGateway(context, { marathon: `${breaking},${working}` })
  assert.equal(await (await fetch(`${other}/service/marathon/v2/apps`)).text(), 'works')
})

test('[marathon 130] a standby that sends to the leader is not shown to the client', async (context) => {
  const leader = await startUpstream(context, (request, response) => response.end(`leader ${request.url}`))
  const standby = await startUpstream(context, (request, response) => {
    response.writeHead(302, { location: `http://${leader}${request.url}` }).end()
  })
  const url = await startGateway(context, { marathon: `${standby},127.0.0.1:1` })
  assert.equal(await (await fetch(`${url}/service/marathon/v2/events?x=1`)).text(), 'leader /v2/events?x=1')
})

/** Answers `/redirect` with `leader`, and everything else with a redirect there, as a standby does. */
const standbyOf =
  (leader: () => string): RequestListener =>
  (request, response) => {
    const path = request.url === '/redirect' ? '' : (request.url ?? '')
    request.resume()
    response.writeHead(307, { location: `//${leader()}${path}` }).end()
  }

/** A gateway that has found its master before that one was deposed; `next` leads since. */
async function startAtDeposed(context: TestContext, next: string): Promise<string> {
  let leader = ''
  const deposed = await startUpstream(
    context,
    standbyOf(() => leader),
  )
  leader = deposed
  const url = await startGateway(context, { master: `127.0.0.1:1,${deposed}` })
  await fetch(`${url}/mesos/redirect`, { redirect: 'manual' })
  leader = next
  return url
}

test('requests reach the master that leads although others are down or were deposed since', async (context) => {
  const next = await startUpstream(context, (request, response) => {
    response.setHeader('x-leader', 'next')
    request.pipe(response)
  })
  const url = await startAtDeposed(context, next)
  const read = await fetch(`${url}/mesos/state`, { redirect: 'manual' })
  assert.equal(read.headers.get('x-leader'), 'next')
})

test('a change that a deposed master did not take comes back with its body and reaches the leader', async (context) => {
  const next = await startUpstream(context, (request, response) => void request.pipe(response))
  const url = await startAtDeposed(context, next)
  const posted = await fetch(`${url}/mesos/api/v1`, { method: 'POST', body: 'x' })
  assert.equal(posted.url, `${url}/mesos/api/v1`)
  assert.equal(await posted.text(), 'x')
})

test('a change reaches the leader also when the one master that is named is a standby', async (context) => {
  const leader = await startUpstream(context, (request, response) => void request.pipe(response))
  const standby = await startUpstream(
    context,
    standbyOf(() => leader),
  )
  const url = await startGateway(context, { master: standby })
  const posted = await fetch(`${url}/mesos/api/v1`, { method: 'POST', body: 'x' })
  assert.equal(await posted.text(), 'x')
})

/** As a server that is cut off from the store answers: it knows no leader, and never will. */
const cutOff: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(503).end('No leader elected')
}

test('a Marathon that knows no leader is asked last from then on', async (context) => {
  const alone = await startUpstream(context, cutOff)
  const leader = await startUpstream(context, (_request, response) => response.end('works'))
  const url = await startGateway(context, { marathon: `${alone},${leader}` })
  assert.equal((await fetch(`${url}/service/marathon/v2/apps`)).status, 503)
  assert.equal(await (await fetch(`${url}/service/marathon/v2/apps`)).text(), 'works')
})

test('a master that leads no longer and knows no leader is not taken for the leader again', async (context) => {
  let answer: RequestListener = standbyOf(() => deposed)
  const deposed: string = await startUpstream(context, (request, response) => answer(request, response))
  const url = await startGateway(context, { master: `127.0.0.1:1,${deposed}` })
  await fetch(`${url}/mesos/redirect`, { redirect: 'manual' })
  answer = cutOff
  assert.equal((await fetch(`${url}/mesos/state`)).status, 503)
  const again = await fetch(`${url}/mesos/state`)
  assert.match(await again.text(), /no master answers or knows a leader/)
})

/** Says who asked; `/slaves` needs `login`. */
const asking =
  (login: string, slaves: () => string): RequestListener =>
  (request, response) => {
    const { authorization } = request.headers
    if (request.url !== '/slaves') return void response.end(authorization ?? 'nobody')
    response.statusCode = authorization === login ? 200 : 401
    response.end(authorization === login ? slaves() : '401 Unauthorized.')
  }

test('[mesos 201] masters and agents are asked with the login of the gateway where a client brings none', async (context) => {
  const agent = await startUpstream(context, (request, response) => response.end(request.headers.authorization))
  const slaves = JSON.stringify({ slaves: [{ id: 'm-S0', pid: `slave(1)@${agent}` }] })
  const master = await startUpstream(
    context,
    asking('Basic m', () => slaves),
  )
  const marathon = await startUpstream(context, (request, response) =>
    response.end(request.headers.authorization ?? 'nobody'),
  )
  const logins = { masters: 'Basic m', agents: 'Basic a' }
  const url = await startGateway(context, { master, marathon, logins })
  const who = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
    (await fetch(url + path, { headers })).text()
  assert.equal(await who('/mesos/state'), 'Basic m')
  assert.equal(await who('/agent/m-S0/state'), 'Basic a')
  assert.equal(await who('/service/marathon/v2/apps'), 'nobody')
  assert.equal(await who('/mesos/state', { authorization: 'Basic own' }), 'Basic own')
  assert.equal(await who('/mesos/state', { 'sec-fetch-site': 'same-origin' }), 'Basic m')
  for (const site of ['cross-site', 'same-site'])
    assert.equal(await who('/mesos/state?jsonp=cb', { 'sec-fetch-site': site }), 'nobody', site)
})

test('[mesos 201] a master that asks for another login is told as that', async (context) => {
  const master = await startUpstream(
    context,
    asking('Basic m', () => ''),
  )
  const url = await startGateway(context, { master })
  const answer = await fetch(`${url}/agent/m-S0/state`)
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /give the gateway one with --credential/)
})
