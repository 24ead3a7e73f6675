import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startServer } from '../test-kit/server.ts'
import type { TestServer } from '../test-kit/server.ts'

const prefixes = ['/scheduler', '/v1/scheduler'] as const

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

type Answer = { status: number; text: string; headers: Headers; json: () => unknown }
/** `line` is the method and the path. */
async function ask(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const [method = '', path = ''] = line.split(/ (.*)/)
  const isText = typeof body === 'string'
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, headers: response.headers, json: () => JSON.parse(text) as unknown }
}
const get = (path: string) => ask(`GET ${path}`)
const objects = (answer: Answer): Record<string, unknown>[] => answer.json() as Record<string, unknown>[]
const object = (answer: Answer): Record<string, unknown> => answer.json() as Record<string, unknown>

beforeEach(async () => {
  for (const { name } of objects(await get('/scheduler/jobs')))
    await ask(`DELETE /scheduler/job/${encodeURIComponent(String(name))}`)
})

const later = { name: 'daily', command: 'date', schedule: 'R/2099-01-01T04:00:00Z/P1D' }

/** The same test under both prefixes. */
function both(title: string, run: (prefix: (typeof prefixes)[number]) => Promise<void>): void {
  for (const prefix of prefixes) test(`${title} (${prefix})`, () => run(prefix))
}

both(
  '[chronos 1] [chronos 8] a posted job is answered 204 without a body and listed at once, on one line',
  async (prefix) => {
    const posted = await ask(`POST ${prefix}/iso8601`, later)
    assert.deepEqual([posted.status, posted.text], [204, ''])
    const listed = await get(`${prefix}/jobs`)
    assert.equal(listed.text.includes('\n'), false)
    assert.equal(listed.headers.get('content-length'), String(listed.text.length))
    assert.match(listed.headers.get('content-type') ?? '', /^application\/json/)
    const [job] = objects(listed)
    const expected = {
      ...{ name: 'daily', command: 'date', shell: true, executor: '', executorFlags: '', taskInfoData: '' },
      ...{ retries: 2, owner: '', ownerName: '', description: '', successCount: 0, errorCount: 0 },
      ...{ lastSuccess: '', lastError: '', cpus: 0.1, disk: 256, mem: 128, disabled: false, softError: false },
      ...{ dataProcessingJobType: false, errorsSinceLastSuccess: 0, fetch: [], uris: [], environmentVariables: [] },
      ...{ arguments: [], highPriority: false, runAsUser: 'root', concurrent: false, maxCompletionTime: 0 },
      ...{ constraints: [], schedule: later.schedule, scheduleTimeZone: '', nextRun: '2099-01-01T04:00:00Z' },
    }
    const old = prefix === '/scheduler' ? { epsilon: 'PT60S', async: false } : {}
    assert.deepEqual(job, { ...expected, ...old })
  },
)

both('[chronos 2] [chronos 47] a dependent job is drawn under its parent', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  const posted = await ask(`POST ${prefix}/dependency`, { name: 'after', command: 'true', parents: ['daily'] })
  assert.equal(posted.status, 204)
  const csv = await get(`${prefix}/graph/csv`)
  assert.equal(csv.text, 'node,after,fresh,idle\nnode,daily,fresh,idle\nlink,daily,after\n')
  const dot = await get(`${prefix}/graph/dot`)
  assert.match(dot.headers.get('content-type') ?? '', /^text\/plain/)
  assert.equal(dot.text, 'digraph G {\n  1 [ label="after" ];\n  2 [ label="daily" ];\n  2 -> 1;\n}\n')
})

both(
  '[chronos 4] [chronos 5] PUT updates as POST does, and what is left out returns to its default',
  async (prefix) => {
    await ask(`POST ${prefix}/iso8601`, { ...later, retries: 7, owner: 'a@b', successCount: 4 })
    assert.equal((await ask(`PUT ${prefix}/iso8601`, { ...later, description: 'x' })).status, 204)
    const { retries, owner, description, successCount } = object(await get(`${prefix}/job/daily`))
    assert.deepEqual([retries, owner, description, successCount], [2, '', 'x', 0])
    const dependent = { name: 'after', command: 'true', parents: ['daily'] }
    assert.equal((await ask(`PUT ${prefix}/dependency`, dependent)).status, 204)
  },
)

both('[chronos 7] a deleted job is gone, and its name free', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  const deleted = await ask(`DELETE ${prefix}/job/daily`)
  assert.deepEqual([deleted.status, deleted.text], [204, ''])
  assert.deepEqual(objects(await get(`${prefix}/jobs`)), [])
  assert.equal((await ask(`POST ${prefix}/iso8601`, later)).status, 204)
})

both(
  '[chronos 9] [chronos 18] an unknown job is 400 wherever it is named, in the shape of the generation',
  async (prefix) => {
    const paths = ['GET job/x', 'PUT job/x', 'DELETE job/x', 'GET job/stat/x', 'DELETE task/kill/x', 'GET job/x/next']
    for (const line of paths) {
      const [method = '', path = ''] = line.split(' ')
      const answer = await ask(`${method} ${prefix}/${path}`)
      assert.equal(answer.status, 400, line)
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      const pattern = /requirement failed: Job(Schedule)? 'x' not found/
      if (prefix === '/scheduler') {
        assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
        assert.match(answer.text, pattern)
      } else {
        assert.match(String(object(answer)['message']), pattern)
        assert.equal(object(answer)['status'], 'Bad Request')
      }
    }
  },
)

both('[chronos 10] a search filters by name, command, either and label, and pages by name', async (prefix) => {
  for (let i = 10; i < 22; i++) {
    const job = { ...later, name: `Job-${i}`, command: i === 11 ? 'python x' : 'date' }
    await ask(`POST ${prefix}/iso8601`, i === 12 ? { ...job, labels: { team: 'ops' } } : job)
  }
  const names = async (query: string) => objects(await get(`${prefix}/jobs/search?${query}`)).map(({ name }) => name)
  assert.equal((await names('')).length, 10)
  assert.deepEqual(await names('offset=10'), ['Job-20', 'Job-21'])
  assert.deepEqual(await names('name=job-1&limit=2&offset=1'), ['Job-11', 'Job-12'])
  assert.deepEqual(await names('command=PYTHON'), ['Job-11'])
  assert.deepEqual(await names('any=python'), ['Job-11'])
  assert.deepEqual(await names('any=job-13'), ['Job-13'])
  assert.deepEqual(await names('name=job-13&command=python'), [])
  assert.deepEqual(await names('label=team:ops'), ['Job-12'])
})

both('[chronos 11] the summary tells status, state, schedule and parents', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  await ask(`POST ${prefix}/dependency`, { name: 'after', command: 'true', parents: ['daily'] })
  await ask(`PUT ${prefix}/job/after`)
  assert.deepEqual(object(await get(`${prefix}/jobs/summary`)), {
    jobs: [
      { name: 'after', status: 'fresh', state: 'queued', schedule: '', parents: ['daily'], disabled: false },
      { name: 'daily', status: 'fresh', state: 'idle', schedule: later.schedule, parents: [], disabled: false },
    ],
  })
})

both('[chronos 12] [chronos 13] types are coerced, null is absent and unknown members are ignored', async (prefix) => {
  const odd = { name: 36, command: 7, schedule: later.schedule, cpus: '0.5', retries: '1', shell: 'yes', foo: [1] }
  const nothing = { mem: null, owner: null, container: null, epsilon: null, parents: null, labels: null }
  assert.equal((await ask(`POST ${prefix}/iso8601`, { ...odd, ...nothing })).status, 204)
  const { name, command, cpus, retries, shell, mem, foo } = object(await get(`${prefix}/job/36`))
  assert.deepEqual([name, command, cpus, retries, shell, mem, foo], ['36', '7', 0.5, 1, false, 128, undefined])
})

both('[chronos 14] names with spaces, dots and hashes work, others are refused', async (prefix) => {
  for (const name of ['a b', 'a.b', 'a#b', 'a_b-c']) {
    assert.equal((await ask(`POST ${prefix}/iso8601`, { ...later, name })).status, 204, name)
    assert.equal((await get(`${prefix}/job/${encodeURIComponent(name)}`)).status, 200, name)
  }
  for (const name of ['a/b', ' a', 'a ', '', 'ä', 'a:b', 'x'.repeat(129)]) {
    assert.equal((await ask(`POST ${prefix}/iso8601`, { ...later, name })).status, 400, name)
  }
})

both('[chronos 15] the listing mirrors uris and fetch, and can be posted back', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, { ...later, uris: ['http://h/a.tgz'] })
  const [listed] = objects(await get(`${prefix}/jobs`))
  const fetched = [{ uri: 'http://h/a.tgz', executable: false, cache: false, extract: true }]
  assert.deepEqual([listed?.['uris'], listed?.['fetch']], [['http://h/a.tgz'], fetched])
  assert.deepEqual(object(await get(`${prefix}/job/daily`))['fetch'], [])
  assert.equal((await ask(`POST ${prefix}/iso8601`, listed)).status, 204)
  const both = { ...later, uris: ['http://h/a'], fetch: [{ uri: 'http://h/b' }] }
  assert.match((await ask(`POST ${prefix}/iso8601`, both)).text, /both uri \(deprecated\) and fetch/)
})

both('[chronos 16] counters survive delete and post of what was listed', async (prefix) => {
  const counted = {
    successCount: 5,
    errorCount: 2,
    errorsSinceLastSuccess: 1,
    lastSuccess: '2026-01-01T00:00:00.000Z',
  }
  await ask(`POST ${prefix}/iso8601`, { ...later, ...counted })
  const [listed] = objects(await get(`${prefix}/jobs`))
  await ask(`DELETE ${prefix}/job/daily`)
  await ask(`POST ${prefix}/iso8601`, listed)
  assert.deepEqual(objects(await get(`${prefix}/jobs`)), [listed])
})

both('[chronos 43] success by hand is told in a sentence that calls itself JSON', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  await ask(`POST ${prefix}/dependency`, { name: 'after', command: 'true', parents: ['daily'] })
  const marked = await ask(`PUT ${prefix}/job/success/daily`)
  assert.deepEqual([marked.status, marked.text], [200, 'marked job daily as successful: true'])
  assert.match(marked.headers.get('content-type') ?? '', /json/)
  assert.equal(object(await get(`${prefix}/job/daily`))['successCount'], 1)
  assert.match((await get(`${prefix}/graph/csv`)).text, /node,after,fresh,queued/)
  assert.equal((await ask(`PUT ${prefix}/job/success/x`)).text, 'marked job x as successful: false')
})

both('[chronos 44] a cycle is refused and nothing is changed', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, { ...later, name: 'a' })
  await ask(`POST ${prefix}/dependency`, { name: 'b', parents: ['a'] })
  await ask(`POST ${prefix}/dependency`, { name: 'c', parents: ['b'] })
  const before = (await get(`${prefix}/jobs`)).text
  const refused = await ask(`POST ${prefix}/dependency`, { name: 'a', parents: ['c'] })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /a would create a cycle: a -> b -> c -> a/)
  assert.equal((await ask(`POST ${prefix}/dependency`, { name: 'b', parents: ['b', 'a'] })).status, 400)
  assert.equal((await get(`${prefix}/jobs`)).text, before)
})

both(
  '[chronos 45] children of a deleted job inherit its schedule or its parents, with everything else kept',
  async (prefix) => {
    await ask(`POST ${prefix}/iso8601`, { ...later, name: 'a', scheduleTimeZone: 'Europe/Berlin' })
    await ask(`POST ${prefix}/iso8601`, { ...later, name: 'z' })
    await ask(`POST ${prefix}/dependency`, { name: 'b', parents: ['a'], owner: 'me', concurrent: true })
    await ask(`POST ${prefix}/dependency`, { name: 'c', parents: ['b', 'z'] })
    await ask(`POST ${prefix}/dependency`, { name: 'd', parents: ['a', 'z'] })
    await ask(`DELETE ${prefix}/job/a`)
    const { schedule, scheduleTimeZone, owner, concurrent } = object(await get(`${prefix}/job/b`))
    assert.deepEqual([schedule, scheduleTimeZone, owner, concurrent], [later.schedule, 'Europe/Berlin', 'me', true])
    assert.deepEqual(object(await get(`${prefix}/job/d`))['parents'], ['z'])
    await ask(`DELETE ${prefix}/job/b`)
    assert.deepEqual(object(await get(`${prefix}/job/c`))['parents'], ['z'])
  },
)

both('[chronos 73] a job that never ran has statistics of zeros', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  const zeros = { '75thPercentile': 0, '95thPercentile': 0, '98thPercentile': 0, '99thPercentile': 0 }
  assert.deepEqual(object(await get(`${prefix}/job/stat/daily`)), {
    histogram: { ...zeros, median: 0, mean: 0, count: 0 },
    taskStatHistory: [],
  })
  assert.deepEqual(objects(await get(`${prefix}/stats/median`)), [{ jobNameLabel: 'daily', time: 0 }])
  assert.deepEqual(objects(await get(`${prefix}/stats/mode`)), [])
})

both('[chronos 63] progress is refused for what is no task of a data job', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  const path = `${prefix}/job/daily/task/ct:1:0:daily:/progress`
  assert.match((await ask(`POST ${path}`, { numAdditionalElementsProcessed: 1 })).text, /not a data processing job/)
  await ask(`POST ${prefix}/iso8601`, { ...later, dataProcessingJobType: true })
  assert.match((await ask(`POST ${path}`, { numAdditionalElementsProcessed: 1 })).text, /not a task of daily/)
})

both('[chronos 51] [chronos 60] kill, drop and callback of what is not running are 204', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  assert.equal((await ask(`DELETE ${prefix}/task/kill/daily`)).status, 204)
  await ask(`PUT ${prefix}/job/daily`)
  assert.equal((await ask(`DELETE ${prefix}/task/all`)).status, 204)
  assert.match((await get(`${prefix}/graph/csv`)).text, /daily,fresh,idle/)
  assert.equal((await ask(`PUT ${prefix}/task/ct:1:0:daily:`, { statusCode: 0 })).status, 204)
  assert.equal((await ask(`PUT ${prefix}/task/nonsense`, { statusCode: 0 })).status, 400)
})

both('[chronos 36] [chronos E8] the next runs of a job, and of one that is not stored', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  const { next } = object(await get(`${prefix}/job/daily/next?count=3`))
  assert.deepEqual(next, ['2099-01-01T04:00:00Z', '2099-01-02T04:00:00Z', '2099-01-03T04:00:00Z'])
  const preview = object(await ask(`POST ${prefix}/validate`, { name: 'x', schedule: 'R2//PT1H' }))
  assert.deepEqual([preview['valid'], (preview['next'] as string[]).length], [true, 2])
  const wrong = object(await ask(`POST ${prefix}/validate`, { name: 'x', schedule: 'R//P1H' }))
  assert.match(String(wrong['errors']), /did you mean PT1H/)
  assert.equal((await get(`${prefix}/job/x`)).status, 400)
})

both('[chronos E11] a job is paused and resumed', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, later)
  assert.equal((await ask(`POST ${prefix}/job/daily/pause`)).status, 204)
  assert.equal(object(await get(`${prefix}/job/daily`))['disabled'], true)
  assert.equal((await ask(`POST ${prefix}/job/daily/resume`)).status, 204)
  assert.equal(object(await get(`${prefix}/job/daily`))['disabled'], false)
})

both('[chronos E6] a queued run says why it waits, and the history tells what was dropped', async (prefix) => {
  await ask(`POST ${prefix}/iso8601`, { ...later, name: 'history' })
  await ask(`PUT ${prefix}/job/history?arguments=${encodeURIComponent('x;y z')}`)
  const { queue } = object(await get(`${prefix}/queue`)) as { queue: Record<string, unknown>[] }
  const [run] = queue
  assert.deepEqual(
    [run?.['cause'], run?.['arguments'], run?.['waitsFor']],
    ['manual', ['xy z'], 'no offer has come yet'],
  )
  assert.equal(object(await get(`${prefix}/run/${String(run?.['id'])}`))['state'], 'queued')
  await ask(`DELETE ${prefix}/job/history`)
  const { runs } = object(await get(`${prefix}/job/history/runs`)) as { runs: Record<string, unknown>[] }
  assert.deepEqual([runs[0]?.['state'], runs[0]?.['reason']], ['dropped', 'job-deleted'])
  assert.equal((await get(`${prefix}/run/nothing`)).status, 404)
})

both('who leads', async (prefix) => {
  assert.deepEqual(object(await get(`${prefix}/leader`)), { leader: '127.0.0.1:4400' })
  assert.deepEqual(object(await get('/leader')), { leader: '127.0.0.1:4400' })
})

both('[chronos 18] bad bodies are 400 with a sentence and the server lives on', async (prefix) => {
  const bodies: [string, unknown][] = [
    ['iso8601', '{'],
    ['iso8601', ''],
    ['iso8601', 'null'],
    ['iso8601', '[]'],
    ['iso8601', '"job"'],
    ['iso8601', {}],
    ['iso8601', { ...later, schedule: 'R1/now/PT1H' }],
    ['iso8601', { ...later, schedule: 'R1//PT1H/' }],
    ['iso8601', { ...later, schedule: 5 }],
    ['iso8601', { ...later, schedule: 'R/1960-01-01T00:00:00Z/PT1H' }],
    ['iso8601', { ...later, cpus: -1 }],
    ['iso8601', { ...later, retries: '-2' }],
    ['iso8601', { ...later, constraints: [['rack', 'EQUALS']] }],
    ['iso8601', { ...later, constraints: [['rack', 'LIKE', '(']] }],
    ['iso8601', { ...later, constraints: [['rack', 'LIKE', 'a*+']] }],
    ['iso8601', { ...later, environmentVariables: [{ value: 'x' }] }],
    ['iso8601', { ...later, fetch: [{ cache: true }] }],
    ['iso8601', { ...later, container: { image: 'a', type: 'LXC' } }],
    ['iso8601', { ...later, container: { image: 'a', volumes: [{ containerPath: '/x', mode: 'WO' }] } }],
    ['iso8601', { ...later, epsilon: 'soon' }],
    ['iso8601', { ...later, scheduleTimeZone: 'Moon/Base' }],
    ['iso8601', { ...later, overlapPolicy: 'hope' }],
    ['iso8601', { ...later, parents: ['a'] }],
    ['dependency', later],
    ['dependency', { name: 'x', parents: [] }],
    ['dependency', { name: 'x', parents: 'a' }],
    ['dependency', { name: 'x', parents: ['nobody'] }],
  ]
  for (const [endpoint, body] of bodies) {
    const answer = await ask(`POST ${prefix}/${endpoint}`, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    const sentence = prefix === '/scheduler' ? answer.text : String(object(answer)['message'])
    assert.ok(sentence.length > 10 && !/\bat .*\.ts/.test(sentence), sentence)
  }
  assert.deepEqual(objects(await get(`${prefix}/jobs`)), [])
})

both('a wrong method is 405 and names the right ones; HEAD answers as GET without a body', async (prefix) => {
  const wrong = await ask(`PUT ${prefix}/jobs`)
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, OPTIONS'])
  assert.equal((await get(`${prefix}/iso8601`)).status, 405)
  assert.equal((await ask(`POST ${prefix}/job/daily`)).status, 405)
  assert.equal((await get(`${prefix}/nothing`)).status, 404)
  const head = await ask(`HEAD ${prefix}/jobs`)
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '2'])
})

both('a body without JSON as its type is taken when it is JSON, else 415', async (prefix) => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  assert.equal((await ask(`POST ${prefix}/iso8601`, JSON.stringify(later), form)).status, 204)
  const plain = { 'Content-Type': 'text/plain' }
  assert.equal((await ask(`POST ${prefix}/iso8601`, JSON.stringify(later), plain)).status, 204)
  assert.equal((await ask(`POST ${prefix}/iso8601`, 'name=x', form)).status, 415)
})

both('pages of every origin may ask', async (prefix) => {
  const preflight = await ask(`OPTIONS ${prefix}/iso8601`, undefined, {
    'Access-Control-Request-Headers': 'x-a',
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, PUT, POST, DELETE, OPTIONS')
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'x-a')
  assert.equal((await get(`${prefix}/jobs`)).headers.get('access-control-allow-origin'), '*')
})

test('[chronos 6] both prefixes serve the same jobs; epsilon and async survive on each', async () => {
  await ask('POST /scheduler/iso8601', { ...later, epsilon: 'PT15M', async: true })
  const { epsilon, async } = object(await get('/v1/scheduler/job/daily'))
  assert.deepEqual([epsilon, async], ['PT15M', true])
  await ask('POST /v1/scheduler/dependency', { name: 'after', parents: ['daily'], epsilon: 'PT5M' })
  assert.equal(object(await get('/scheduler/job/after'))['epsilon'], 'PT5M')
})

test('[chronos 3] without schedule and parents a job runs once, now', async () => {
  await ask('POST /v1/scheduler/iso8601', { name: 'once', command: 'true' })
  assert.match(String(object(await get('/v1/scheduler/job/once'))['schedule']), /^R1\/\d{4}-.*Z\/PT24H$/)
})

test('the root answers ping, metrics, logging and information', async () => {
  await ask('POST /scheduler/iso8601', later)
  assert.equal((await get('/ping')).text, 'pong\n')
  const metrics = object(await get('/metrics')) as { version: string; gauges: object; counters: object }
  assert.match(metrics.version, /^3\./)
  assert.ok('org.apache.mesos.chronos.scheduler.jobs.TaskManager.queueSize' in metrics.gauges)
  assert.ok('jobs.run.success.daily' in metrics.counters)
  assert.match((await get('/metrics/prometheus')).text, /chronos_jobs 1/)
  assert.deepEqual(object(await get('/logging')), { level: 'fatal' })
  assert.equal((await ask('PUT /logging', { level: 'shout' })).status, 400)
  assert.equal(object(await get('/v1/info'))['connected'], false)
})

test('[chronos 86] with credentials set, every request must carry them', async () => {
  const guarded = await startServer({ basicAuth: { credentials: 'ann:secret', realm: 'Chronos' } })
  try {
    const refused = await fetch(`${guarded.url}/scheduler/jobs`)
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('www-authenticate'), 'Basic realm="Chronos"')
    const authorization = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    assert.equal((await fetch(`${guarded.url}/ping`, { headers: authorization('ann:wrong') })).status, 401)
    assert.equal((await fetch(`${guarded.url}/scheduler/jobs`, { headers: authorization('ann:secret') })).status, 200)
  } finally {
    await guarded.close()
  }
})
