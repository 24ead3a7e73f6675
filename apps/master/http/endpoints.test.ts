import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { createRecordIoDecoder, decodeJson, decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { master as wire } from '@thermosphere/protocol'
import { endpointTexts } from './classic/help.ts'
import type { MasterContext } from './context.ts'
import { createRoutes } from './router.ts'
import { FakeAgent, looseJson, runMaster, TestScheduler } from '../testing/running-master.ts'
import type { RunningMaster } from '../testing/running-master.ts'

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** As recorded from Apache Mesos 1.12. */
const answers: readonly (readonly [string, string, string | undefined, number, string])[] = [
  ['POST', '/teardown', 'frameworkId=nope', 400, 'No framework found with specified ID'],
  ['POST', '/teardown', '', 400, "Missing 'frameworkId' query parameter in the request body"],
  ['GET', '/nothing', undefined, 404, '404 Not Found.'],
  ['GET', '/state.json', undefined, 404, '404 Not Found.'],
  ['GET', '/redirect/x', undefined, 404, '404 Not Found.'],
  ['POST', '/reserve', '', 400, "Missing 'slaveId' query parameter in the request body"],
  ['POST', '/weights', '[]', 405, "405 Method Not Allowed. Expecting one of { 'GET', 'PUT' }, but received 'POST'."],
  [
    'PUT',
    '/weights',
    '[{"role":"x","weight":0}]',
    400,
    "Failed to validate update weights request JSON for role 'x': Invalid weight '0': Weights must be positive",
  ],
  ['PUT', '/weights', 'x', 400, "Failed to parse update weights request JSON 'x': syntax error at line 1 near: x"],
  [
    'POST',
    '/quota',
    '{}',
    400,
    'Failed to validate set quota request: QuotaInfo with invalid role: Role names cannot be the empty string',
  ],
  [
    'DELETE',
    '/quota/none',
    undefined,
    400,
    "Failed to remove quota for path '/master/quota/none': Role 'none' has no quota set",
  ],
  ['POST', '/maintenance/schedule', '{', 400, 'syntax error at line 1 near: '],
  ['POST', '/machine/down', '[]', 400, 'List of machines is empty'],
  [
    'POST',
    '/machine/up',
    '[{"hostname":"q"}]',
    400,
    `Machine '{"hostname":"q"}' is not part of a maintenance schedule`,
  ],
  ['GET', '/files/read?path=/x&offset=0', undefined, 404, ''],
  ['GET', '/files/read', undefined, 400, "Expecting 'path=value' in query.\n"],
  ['GET', '/api/v1', undefined, 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."],
  ['POST', '/destroy-volumes', 'slaveId=x&volumes=[]', 400, 'No agent found with specified ID'],
  ['GET', '/metrics/snapshot?timeout=x', undefined, 400, "Invalid timeout 'x'"],
]

suite('the endpoints of a master', () => {
  let master: RunningMaster
  let agent: FakeAgent
  let s: TestScheduler
  before(async () => {
    master = await runMaster('--registry=in_memory', '--allocation_interval=50ms')
    agent = new FakeAgent(master.port)
    await agent.register()
    s = await new TestScheduler(master.url).subscribe()
    await s.offer()
  })
  after(async () => {
    s.close()
    agent.close()
    await master.close()
  })
  const get = (path: string): Promise<Response> => fetch(master.url + path, { redirect: 'manual' })

  for (const [method, path, body, status, text] of answers) {
    test(`[mesos 212] ${method} ${path} ${body ?? ''} is answered with ${status}, as Mesos does`, async () => {
      const response = await fetch(master.url + path, { method, ...(body !== undefined && { body, headers: form }) })
      assert.deepEqual([response.status, await response.text()], [status, text])
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    })
  }

  for (const path of [
    'state',
    'state-summary',
    'slaves',
    'frameworks',
    'tasks',
    'roles',
    'weights',
    'quota',
    'maintenance/schedule',
    'maintenance/status',
    'allocator/offer_constraints_debug',
    'flags',
  ]) {
    test(`[mesos 212] /${path} and /master/${path}/ are JSON with nothing appended to the type`, async () => {
      const [short, long] = [await get(`/${path}`), await get(`/master/${path}/`)]
      for (const response of [short, long]) {
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('content-type'), 'application/json')
      }
      assert.deepEqual(Object.keys(await looseJson(short)), Object.keys(await looseJson(long)))
    })
  }

  test('[mesos 212] numbers of the state are doubles as Mesos writes them', async () => {
    const text = await (await get('/state')).text()
    assert.match(text, /"activated_slaves":1\.0,/)
    assert.match(text, /"resources":\{"disk":0\.0,"mem":8192\.0,"gpus":0\.0,"cpus":4\.0\}/)
    assert.match(text, /"port":5051,/)
  })

  test('[mesos 212] /help says what every endpoint is, as text and as JSON, and no more', async () => {
    // Routes are made before anything is asked of what is behind them.
    const { process, own, leader } = createRoutes({} as MasterContext)
    const paths = [process, own, leader].flatMap((routes) => [...routes.keys()])
    assert.deepEqual(Object.keys(endpointTexts).sort(), paths.sort())
    const text = await (await get('/help')).text()
    assert.match(text, /^# files\n\n\* `\/files\/browse`: Lists a directory/)
    const one = await looseJson(get('/help/master/state?format=json'))
    assert.deepEqual(one, {
      processes: [{ id: 'master', endpoints: [{ name: '/state', text: endpointTexts['/state'] }] }],
    })
    assert.equal((await get('/help/nothing')).status, 404)
  })

  test('[mesos 212] / says where the dashboard is', async () => {
    const response = await get('/')
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/plain; charset=utf-8'])
    assert.match(await response.text(), /The dashboard is at the gateway/)
  })

  test('[mesos 212] /registrar(1)/registry is what would survive', async () => {
    const registry = await looseJson(get('/registrar(1)/registry'))
    assert.deepEqual(Object.keys(registry), [
      'master',
      'slaves',
      'unreachable',
      'gone',
      'machines',
      'schedules',
      'weights',
      'quota_configs',
    ])
    assert.equal(registry['slaves']?.['slaves']?.[0]?.['info']?.['hostname'], 'localhost')
    const size = async (): Promise<number> =>
      Number((await looseJson(get('/metrics/snapshot')))['registrar/registry_size_bytes'])
    const before = await size()
    assert.ok(before > 100)
    await fetch(`${master.url}/weights`, { method: 'PUT', body: '[{"role":"large","weight":2}]' })
    assert.ok((await size()) > before)
  })

  test('[mesos 212] jsonp wraps an answer', async () => {
    const response = await get('/state-summary?jsonp=cb')
    assert.equal(response.headers.get('content-type'), 'text/javascript')
    assert.match(await response.text(), /^cb\(\{.*\}\);$/)
  })

  test('[mesos 195] /redirect names the leader without a scheme, also on the leader', async () => {
    const response = await get('/master/redirect')
    assert.deepEqual([response.status, response.headers.get('location')], [307, `//localhost:${master.port}`])
  })

  test('[mesos 212] /health is empty', async () => {
    const response = await get('/health')
    assert.deepEqual([response.status, response.headers.get('content-type'), await response.text()], [200, null, ''])
  })

  test('[mesos 212] /version parses as three numbers', async () => {
    const { version } = await looseJson(get('/version'))
    assert.match(String(version), /^\d+\.\d+\.\d+$/)
  })

  test('[mesos 216] [mesos 217] a snapshot has every fixed name and those of each framework', async () => {
    const metrics = await looseJson(get('/metrics/snapshot'))
    for (const name of [
      'master/uptime_secs',
      'master/elected',
      'master/tasks_running',
      'master/tasks_gone_by_operator',
      'master/operations/grow_volume/error',
      'system/cpus_total',
      'allocator/mesos/resources/cpus/total',
      `master/frameworks/t/${s.id.value}/offers/sent`,
    ]) {
      assert.equal(typeof metrics[name], 'number', name)
    }
    assert.equal(metrics['master/slaves_active'], 1)
  })

  test('[mesos 218] weights are put and shown', async () => {
    const put = await fetch(`${master.url}/weights`, { method: 'PUT', body: '[{"role":"r","weight":2.5}]' })
    assert.deepEqual([put.status, await put.text(), put.headers.get('content-type')], [200, '', null])
    assert.match(await (await get('/weights')).text(), /\{"role":"r","weight":2\.5\}/)
  })

  test('a body that is not read is not a leak: 413 for one that is too large', async () => {
    const response = await fetch(`${master.url}/weights`, { method: 'PUT', body: 'x'.repeat(2_000_000) })
    assert.equal(response.status, 413)
  })
})

suite('POST /api/v1', () => {
  let master: RunningMaster
  before(async () => {
    master = await runMaster('--registry=in_memory')
  })
  after(() => master.close())
  const post = (call: wire.Call, path = '/api/v1', headers: Record<string, string> = {}): Promise<Response> =>
    fetch(master.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(call),
    })

  const reads: readonly wire.Call_Type[] = [
    'GET_HEALTH',
    'GET_FLAGS',
    'GET_VERSION',
    'GET_LOGGING_LEVEL',
    'GET_STATE',
    'GET_AGENTS',
    'GET_FRAMEWORKS',
    'GET_EXECUTORS',
    'GET_OPERATIONS',
    'GET_TASKS',
    'GET_ROLES',
    'GET_WEIGHTS',
    'GET_MASTER',
    'GET_MAINTENANCE_STATUS',
    'GET_MAINTENANCE_SCHEDULE',
    'GET_QUOTA',
  ]
  for (const type of reads) {
    test(`[mesos 213] ${type} is answered in both encodings`, async () => {
      const json = await post({ type })
      assert.deepEqual([json.status, json.headers.get('content-type')], [200, 'application/json'])
      assert.equal((await looseJson(json)).type, type)
      const binary = await fetch(`${master.url}/api/v1/operator`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-protobuf', Accept: 'application/x-protobuf' },
        body: Buffer.from(encodeProtobuf('mesos.v1.master.Call', { type })),
      })
      assert.equal(binary.headers.get('content-type'), 'application/x-protobuf')
      assert.equal(decodeProtobuf('mesos.v1.master.Response', Buffer.from(await binary.arrayBuffer())).type, type)
    })
  }

  test('[mesos 213] GET_METRICS needs its member', async () => {
    const response = await post({ type: 'GET_METRICS' })
    assert.equal(await response.text(), "Failed to validate master::Call: Expecting 'get_metrics' to be present")
    const { get_metrics } = await looseJson(post({ type: 'GET_METRICS', get_metrics: {} }))
    assert.ok(Number(get_metrics?.metrics?.length) > 150)
  })

  test('[mesos 213] arrays of a state are there when they are empty', async () => {
    const { get_state } = await looseJson(post({ type: 'GET_STATE' }))
    assert.deepEqual(get_state?.get_tasks, { tasks: [], unreachable_tasks: [], completed_tasks: [] })
  })

  test('[mesos 213] 406 also for calls that answer nothing', async () => {
    const response = await post({ type: 'TEARDOWN', teardown: { framework_id: { value: 'x' } } }, '/api/v1', {
      Accept: 'text/html',
    })
    assert.equal(response.status, 406)
  })

  test('[mesos 220] the logging level goes up for a time', async () => {
    const set = await post({
      type: 'SET_LOGGING_LEVEL',
      set_logging_level: { level: 1, duration: { nanoseconds: 60e9 } },
    })
    assert.equal(set.status, 200)
    assert.deepEqual(await (await post({ type: 'GET_LOGGING_LEVEL' })).json(), {
      type: 'GET_LOGGING_LEVEL',
      get_logging_level: { level: 1 },
    })
    assert.equal(await (await fetch(`${master.url}/logging/toggle`)).text(), '1\n')
  })

  test('[mesos 215] SUBSCRIBE streams a snapshot, a heartbeat and events', async () => {
    const abort = new AbortController()
    const response = await fetch(`${master.url}/api/v1?subscribe`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"type":"SUBSCRIBE"}',
      signal: abort.signal,
    })
    assert.equal(response.headers.get('content-type'), 'application/json')
    const events: wire.Event[] = []
    const decoder = createRecordIoDecoder(1_000_000)
    const reading = (async () => {
      for await (const chunk of response.body ?? [])
        for (const record of decoder.push(chunk)) events.push(decodeJson('mesos.v1.master.Event', record))
    })().catch(() => undefined)
    await eventually('the snapshot', () => events.length >= 2)
    const s = await new TestScheduler(master.url).subscribe()
    await eventually('FRAMEWORK_ADDED', () => events.some((event) => event.framework_added))
    s.close()
    await eventually('FRAMEWORK_REMOVED', () => events.some((event) => event.framework_removed))
    assert.deepEqual(events.map((event) => event.type).slice(0, 3), ['SUBSCRIBED', 'HEARTBEAT', 'FRAMEWORK_ADDED'])
    abort.abort()
    await reading
  })
})

test('[mesos 221] a log that is a file is listed and read by HTTP', async (context) => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-log-`)
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/master.log`, 'one line\n')
  const master = await runMaster('--registry=in_memory', `--log_file=${folder}/master.log`)
  context.after(() => master.close())
  const read = await looseJson(fetch(`${master.url}/files/read?path=/master/log&offset=4`))
  assert.deepEqual(read, { data: 'line\n', offset: 4 })
  const body = '{"type":"READ_FILE","read_file":{"path":"/master/log","offset":0}}'
  const headers = { 'Content-Type': 'application/json' }
  const { read_file } = await looseJson(fetch(`${master.url}/api/v1`, { method: 'POST', headers, body }))
  assert.deepEqual(read_file, { size: 9, data: Buffer.from('one line\n').toString('base64') })
})

test('[mesos 221] --log_dir names the file after the program; one that others write is read instead', async (context) => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-log-`)
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/mesos-master.INFO`, 'ours\n')
  writeFileSync(`${folder}/theirs`, 'theirs\n')
  const read = async (...flags: string[]) => {
    const master = await runMaster('--registry=in_memory', ...flags)
    context.after(() => master.close())
    const { data } = await looseJson(fetch(`${master.url}/files/read?path=/master/log&offset=0`))
    const { log_dir, external_log_file } = await looseJson(fetch(`${master.url}/state`))
    return { data, log_dir, external_log_file }
  }
  assert.deepEqual(await read(`--log_dir=${folder}`), { data: 'ours\n', log_dir: folder, external_log_file: undefined })
  assert.deepEqual(await read(`--external_log_file=${folder}/theirs`), {
    data: 'theirs\n',
    log_dir: undefined,
    external_log_file: `${folder}/theirs`,
  })
})

test('[mesos 225] others are told the advertised address and port, and not those listened on', async (context) => {
  const flags = [
    '--registry=in_memory',
    '--advertise_ip=192.0.2.7',
    '--advertise_port=80',
    '--ip_discovery_command=echo 127.0.0.1',
  ]
  const master = await runMaster(...flags)
  context.after(() => master.close())
  const { pid, leader, leader_info } = await looseJson(fetch(`${master.url}/state`))
  assert.deepEqual([pid, leader, leader_info?.port], ['master@192.0.2.7:80', 'master@192.0.2.7:80', 80])
  const redirect = await fetch(`${master.url}/redirect`, { redirect: 'manual' })
  assert.equal(redirect.headers.get('location'), '//localhost:80')
})

test('[mesos 200] a registry in memory writes nothing down and is forgotten with its master', async (context) => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-memory-`)
  context.after(() => rmSync(folder, { recursive: true }))
  const flags = ['--registry=in_memory', `--work_dir=${folder}/work`]
  const weights = async (master: RunningMaster): Promise<string> => (await fetch(`${master.url}/weights`)).text()
  const first = await runMaster(...flags)
  const put = await fetch(`${first.url}/weights`, { method: 'PUT', body: '[{"role":"r","weight":2}]' })
  assert.equal(put.status, 200)
  assert.equal(await weights(first), '[{"role":"r","weight":2.0}]')
  await first.close()
  assert.deepEqual(readdirSync(folder), [])
  const second = await runMaster(...flags)
  context.after(() => second.close())
  assert.equal(await weights(second), '[]')
})

test('[mesos 22] the domain of the leader is shown with it', async () => {
  const domain = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } }
  const master = await runMaster('--registry=in_memory', `--domain=${JSON.stringify(domain)}`)
  try {
    const state = await looseJson(fetch(`${master.url}/state`))
    assert.deepEqual([state['domain'], state['leader_info']?.domain], [domain, domain])
  } finally {
    await master.close()
  }
})
