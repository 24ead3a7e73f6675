import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import * as data from './fixture-data.ts'
import type { Scenario } from './fixture-data.ts'

/**
 * Serves the built dashboard over a made-up cluster: `node apps/web-ui/dev/fixture-server.ts full 8100`.
 * It answers like the real parts where pages are looked at; it runs nothing.
 */
const scenario = (process.argv[2] ?? 'full') as Scenario
const port = Number(process.argv[3] ?? 0)
const dist = join(import.meta.dirname, '../dist')
const isFull = scenario !== 'empty'

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const record = (value: unknown) => {
  const text = JSON.stringify(value)
  return `${Buffer.byteLength(text)}\n${text}`
}
const reply = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(value === undefined ? '' : JSON.stringify(value))
}

function every(response: ServerResponse, ms: number, write: () => void): void {
  const timer = setInterval(write, ms)
  response.on('close', () => clearInterval(timer))
}

function operatorStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const state = {
    get_tasks: {
      tasks: isFull ? data.wireTasks() : [],
      unreachable_tasks: [],
      completed_tasks: isFull ? data.endedTasks() : [],
    },
    get_frameworks: { frameworks: data.frameworks, completed_frameworks: [] },
    get_agents: { agents: isFull ? data.agents : data.agents.slice(0, 3) },
  }
  response.write(record({ type: 'SUBSCRIBED', subscribed: { get_state: state, heartbeat_interval_seconds: 15 } }))
  response.write(record({ type: 'HEARTBEAT' }))
  every(response, 5_000, () => response.write(record({ type: 'HEARTBEAT' })))
}

function eventStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n')
  every(response, 5_000, () => response.write('\r\n'))
}

const logLine = (index: number) =>
  index % 9 === 4
    ? `${new Date().toISOString()} \u001b[33mWARN\u001b[0m slow query took ${200 + (index % 7) * 40} ms table=orders\n`
    : `${new Date().toISOString()} INFO request handled method=GET path=/api/items/${index} status=200 duration=${4 + (index % 13)}ms\n`
const log = Array.from({ length: 400 }, (_, index) => logLine(index)).join('')

function follow(response: ServerResponse, offset: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  response.write(log.slice(offset))
  let index = 400
  every(response, 700, () => response.write(logLine((index += 1))))
}

const summary = () => ({
  slaves: (isFull ? data.agents : data.agents.slice(0, 3)).map((agent, index) => ({
    id: agent.agent_info.id.value,
    active: index !== 5,
    deactivated: false,
    used_resources: { cpus: 1, mem: 1, disk: 0 },
    offered_resources: { cpus: index === 3 ? 1.5 : 0, mem: index === 3 ? 2_048 : 0, disk: 0 },
  })),
  frameworks: data.frameworks.map((one) => ({ id: one.framework_info.id.value, active: true, connected: true })),
})

const files = (path: string) =>
  ['stdout', 'stderr', 'config.json', 'data'].map((name, index) => ({
    path: `${path}/${name}`,
    size: name === 'data' ? 4_096 : name === 'stderr' ? 0 : Buffer.byteLength(log),
    mtime: Date.now() / 1000 - index * 900,
    mode: name === 'data' ? 'drwxr-xr-x' : '-rw-r--r--',
    nlink: name === 'data' ? 3 : 1,
    uid: 'root',
    gid: 'root',
  }))

function agentFiles(url: URL, response: ServerResponse): void {
  const path = url.searchParams.get('path') ?? ''
  if (url.pathname.endsWith('/browse')) return reply(response, files(path))
  if (url.pathname.endsWith('/follow')) return follow(response, Number(url.searchParams.get('offset') ?? 0))
  if (url.pathname.endsWith('/download')) return void response.end(log)
  const offset = Number(url.searchParams.get('offset') ?? -1)
  if (path.endsWith('stderr')) return reply(response, { data: '', offset: offset === -1 ? 0 : offset })
  if (offset === -1) return reply(response, { data: '', offset: Buffer.byteLength(log) })
  reply(response, { data: log.slice(offset, offset + Number(url.searchParams.get('length') ?? 65_536)), offset })
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}

function marathon(request: IncomingMessage, path: string, body: unknown, response: ServerResponse): void {
  const apps = isFull ? data.apps : []
  const idOf = (rest: string) => `/${rest.replace(/\/(versions.*|restart|tasks)$/, '')}`
  if (path === '/v2/events') return eventStream(response)
  if (path === '/v2/apps' && request.method === 'POST') {
    const id = typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : ''
    if (!/^(\/[a-z0-9.-]+)+$/.test(id))
      return reply(
        response,
        {
          message: 'Object is not valid',
          details: [{ path: '/id', errors: ["must fully match regular expression '^[a-z0-9.-]+$'"] }],
        },
        422,
      )
    return reply(response, body, 201)
  }
  if (path === '/v2/apps') return reply(response, { apps })
  if (path === '/v2/deployments') return reply(response, isFull ? data.deployments : [])
  if (path === '/v2/queue') return reply(response, { queue: isFull ? data.queue : [] })
  if (path === '/v2/groups') return reply(response, { id: '/', groups: isFull ? [{ id: '/archive', groups: [] }] : [] })
  if (path === '/v2/info')
    return reply(response, {
      name: 'marathon',
      version: '1.11.24',
      elected: true,
      leader: '127.0.0.1:8080',
      frameworkId: data.marathonId,
      marathon_config: { checkpoint: true, failover_timeout: 604800 },
    })
  const rest = path.replace('/v2/apps/', '')
  if (request.method !== 'GET') return reply(response, { version: new Date().toISOString(), deploymentId: 'd-2' })
  const app = apps.find((one) => one.id === idOf(rest))
  if (app === undefined) return reply(response, { message: `App '${idOf(rest)}' does not exist` }, 404)
  if (rest.endsWith('/versions'))
    return reply(response, { versions: [app.version, '2026-11-19T09:30:00.000Z', '2026-11-18T16:04:11.120Z'] })
  if (rest.includes('/versions/'))
    return reply(response, {
      ...app,
      cpus: 0.3,
      instances: 2,
      env: { LOG_LEVEL: 'debug' },
      version: decodeURIComponent(rest.split('/versions/')[1] ?? ''),
    })
  reply(response, { app })
}

function chronos(request: IncomingMessage, path: string, response: ServerResponse): void {
  const jobs = isFull ? data.jobs : []
  if (path === '/v1/events') return eventStream(response)
  if (path === '/v1/scheduler/jobs') return reply(response, jobs)
  if (path === '/v1/scheduler/jobs/summary') return reply(response, { jobs: isFull ? data.summaries : [] })
  if (path === '/ping') return reply(response, 'pong')
  if (path === '/v1/scheduler/queue')
    return reply(response, {
      queue: isFull
        ? [
            {
              id: 'ct:1:0:warm-cache:',
              job: 'warm-cache',
              state: 'queued',
              waitsFor: 'not enough memory (6 of the last 6 offers)',
            },
          ]
        : [],
    })
  if (path === '/v1/scheduler/leader') return reply(response, { leader: '127.0.0.1:4400' })
  const runs = /^\/v1\/scheduler\/job\/([^/]+)\/runs$/.exec(path)?.[1]
  if (runs !== undefined) return reply(response, { runs: data.runsOf(decodeURIComponent(runs)) })
  if (path.startsWith('/v1/scheduler/job/stat/'))
    return reply(response, {
      histogram: { median: 41_000, '95thPercentile': 62_000, mean: 44_000, count: 412 },
      taskStatHistory: [],
    })
  const named = jobs.find((one) => path === `/v1/scheduler/job/${encodeURIComponent(one.name)}`)
  if (request.method === 'GET')
    return named === undefined ? reply(response, { message: 'not found' }, 400) : reply(response, named)
  reply(response, undefined, 204)
}

const master: Record<string, () => unknown> = {
  '/mesos/state-summary': summary,
  '/mesos/roles': () => ({
    roles: [
      {
        name: '*',
        weight: 1,
        frameworks: [data.marathonId, data.chronosId],
        resources: { cpus: 14.2, mem: 30_000, disk: 0 },
      },
      {
        name: 'db',
        weight: 2,
        frameworks: [],
        resources: { cpus: 0, mem: 0 },
        quota: { guarantee: { cpus: 4 }, limit: { cpus: 8, mem: 16_384 } },
      },
    ],
  }),
  '/mesos/version': () => ({ version: '1.12.0', build_date: '2026-11-21' }),
  '/mesos/flags': () => ({
    flags: { port: '5050', ip: '127.0.0.1', agent_ping_timeout: '15secs', work_dir: '/var/lib/thermosphere/master' },
  }),
  '/mesos/metrics/snapshot': () => ({
    'master/uptime_secs': 8_100,
    'master/tasks_running': 26,
    'master/dropped_messages': 0,
  }),
  '/mesos/health': () => '',
  '/thermosphere/v1/capacity': data.capacity,
  '/thermosphere/v1/cluster': () => ({
    name: 'lab',
    version: '0.1.0',
    leader: '127.0.0.1:5050',
    isolation: 'cgroups v2, namespaces',
  }),
}

function serveFile(path: string, response: ServerResponse): void {
  const file = join(dist, normalize(path))
  const found = extname(path) !== '' && file.startsWith(dist) && existsSync(file) ? file : join(dist, 'index.html')
  response.writeHead(200, { 'content-type': types[extname(found)] ?? 'application/octet-stream' })
  createReadStream(found).pipe(response)
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fixture')
  const body = request.method === 'GET' ? undefined : await readBody(request)
  const path = url.pathname
  if (path === '/mesos/api/v1') return operatorStream(response)
  const answer = master[path]
  if (answer !== undefined) return reply(response, answer())
  if (path.startsWith('/agent/')) return agentFiles(url, response)
  if (path.startsWith('/service/') && scenario === 'lost')
    return reply(response, { message: 'connect ECONNREFUSED 127.0.0.1:8080' }, 502)
  if (path.startsWith('/service/marathon'))
    return marathon(request, path.replace('/service/marathon', ''), body, response)
  if (path.startsWith('/service/chronos')) return chronos(request, path.replace('/service/chronos', ''), response)
  serveFile(path, response)
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => reply(response, { message: String(error) }, 500))
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}\n`)
})
