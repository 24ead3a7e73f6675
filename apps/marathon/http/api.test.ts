import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { TestMarathon } from '../test-kit/start-marathon.ts'

const web = { id: 'web', cmd: 'sleep 1000', cpus: 0.1, mem: 32 }
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
type AppBody = { readonly app: Record<string, unknown> & { readonly tasks: Record<string, unknown>[] } }
const isRunning =
  (count: number) =>
  ({ app }: { app: { tasksRunning: number; deployments: unknown[] } }): boolean =>
    app.tasksRunning === count && app.deployments.length === 0

describe('the API over HTTP', () => {
  const marathon = new TestMarathon()
  before(() => marathon.start())
  after(() => marathon.close())

  test('[marathon 1][marathon 7] an app is created, runs, and is shown with its task', async () => {
    const created = await marathon.request('POST', '/v2/apps/', web)
    assert.equal(created.status, 201)
    assert.equal(created.headers.get('location'), '/web')
    const { deployments, tasks } = created.body as { deployments: { id: string }[]; tasks?: unknown }
    assert.equal(created.headers.get('marathon-deployment-id'), deployments[0]?.id)
    assert.equal(tasks, undefined)
    await marathon.until('/v2/apps/web', isRunning(1))
    const { app } = (await marathon.request('GET', '/v2/apps/web')).body as AppBody
    const [task] = app.tasks
    assert.match(String(task?.['stagedAt']), timestamp)
    assert.match(String(task?.['startedAt']), timestamp)
    assert.deepEqual(
      [task?.['state'], task?.['host'], task?.['slaveId'], (task?.['ports'] as unknown[]).length, task?.['role']],
      ['TASK_RUNNING', '127.0.0.1', 'agent-1', 1, '*'],
    )
  })

  test('[marathon 127] tasks are kept for a week without Marathon', () => {
    const subscribe = marathon.master.calls.find(({ type }) => type === 'SUBSCRIBE')?.subscribe
    assert.equal(subscribe?.framework_info.failover_timeout, 604_800)
  })

  test('[marathon 2] a second app of the id is refused', async () => {
    const { status, body } = await marathon.request('POST', '/v2/apps', web)
    assert.deepEqual([status, body], [409, { message: 'An app with id [/web] already exists.' }])
  })

  test('[marathon 3][marathon 4][marathon 5] lists have counts and deployments, and filters', async () => {
    const labels = { a: '1', b: 'y' }
    await marathon.request('POST', '/v2/apps', { ...web, id: '/labelled', labels, cmd: 'SLEEP 2' })
    const ids = async (query: string): Promise<string[]> => {
      const { body } = await marathon.request('GET', `/v2/apps${query}`)
      return (body as { apps: { id: string }[] }).apps.map(({ id }) => id)
    }
    assert.deepEqual(await ids('?id=WE'), ['/web'])
    assert.deepEqual(await ids('?cmd=sleep%202'), ['/labelled'])
    assert.deepEqual(await ids('?label=a==1,b%20notin%20(x,z)'), ['/labelled'])
    assert.deepEqual(await ids('?label=a!=1'), [])
    assert.deepEqual((await marathon.request('GET', '/v2/apps?label=a=1')).status, 422)
    const { body } = await marathon.request('GET', '/v2/apps?embed=nonsense')
    const [first] = (body as { apps: Record<string, unknown>[] }).apps
    assert.ok(first !== undefined && 'tasksRunning' in first && 'deployments' in first && !('tasks' in first))
  })

  test('[marathon 11][marathon 12] PUT creates what is missing, PATCH does not', async () => {
    const put = await marathon.request('PUT', '/v2/apps//fresh', { cmd: 'sleep 5', instances: 0 })
    assert.deepEqual([put.status, put.headers.get('location')], [201, '/fresh'])
    const patch = await marathon.request('PATCH', '/v2/apps/none', { cmd: 'sleep 5' })
    assert.equal(patch.status, 404)
    assert.deepEqual(patch.body, { message: "App '/none' does not exist", details: [] })
  })

  test('[marathon 25] double slashes and encoded ids are understood', async () => {
    assert.equal((await marathon.request('GET', '/v2/apps//web')).status, 200)
    assert.equal((await marathon.request('GET', '/v2/groups/%2F')).status, 200)
    assert.equal((await marathon.request('GET', '/v2/apps/web/')).status, 200)
  })

  test('[marathon 17] versions are listed newest first', async () => {
    await marathon.until('/v2/apps/web', isRunning(1))
    await marathon.request('PUT', '/v2/apps/web', { instances: 2 })
    await marathon.until('/v2/apps/web', isRunning(2))
    const { versions } = (await marathon.request('GET', '/v2/apps/web/versions')).body as { versions: string[] }
    assert.equal(versions.length, 2)
    assert.ok((versions[0] ?? '') > (versions[1] ?? ''))
    const old = await marathon.request('GET', `/v2/apps/web/versions/${versions[1]}`)
    assert.equal((old.body as { instances: number }).instances, 1)
    assert.equal((await marathon.request('GET', '/v2/apps/web/versions/x')).status, 422)
    assert.equal((await marathon.request('GET', '/v2/apps/web/versions/2001-01-01T00:00:00.000Z')).status, 404)
  })

  test('[marathon 18][marathon 23] tasks are listed with service ports', async () => {
    const { tasks } = (await marathon.request('GET', '/v2/apps/web/tasks')).body as {
      tasks: { servicePorts: number[] }[]
    }
    assert.deepEqual(
      tasks.map(({ servicePorts }) => servicePorts),
      [[10_000], [10_000]],
    )
    const staging = await marathon.request('GET', '/v2/tasks?status=staging')
    assert.deepEqual(staging.body, { tasks: [] })
    assert.equal((await marathon.request('GET', '/v2/apps/none/tasks')).status, 404)
  })

  test('[marathon 22] a batch kill skips unknown ids and refuses garbage', async () => {
    const kill = (ids: string[]) => marathon.request('POST', '/v2/tasks/delete', { ids })
    assert.deepEqual((await kill(['web.instance-0._app.1'])).body, { tasks: [] })
    assert.equal((await kill(['garbage'])).status, 400)
  })

  test('[marathon 24] the plain list is off', async () => {
    assert.equal((await marathon.request('GET', '/v2/tasks', undefined, { Accept: 'text/plain' })).status, 406)
  })

  test('[marathon 38] groups show apps, groups and pods unless told otherwise', async () => {
    const all = (await marathon.request('GET', '/v2/groups')).body as Record<string, unknown>
    assert.deepEqual(Object.keys(all).sort(), ['apps', 'dependencies', 'groups', 'id', 'pods', 'version'])
    const some = (await marathon.request('GET', '/v2/groups?embed=group.groups')).body as Record<string, unknown>
    assert.ok('groups' in some && !('apps' in some))
    assert.equal((await marathon.request('GET', '/v2/groups/none')).status, 404)
  })

  test('errors have the shapes of Marathon', async () => {
    const cases: readonly (readonly [string, string, unknown, number, unknown])[] = [
      ['POST', '/v2/apps', '', 400, 'Please specify data in JSON format'],
      ['POST', '/v2/apps', '{', 400, 'Invalid JSON'],
      ['DELETE', '/v2/apps/none', undefined, 404, "App '/none' does not exist"],
      ['GET', '/v2/nothing', undefined, 404, 'URI not found'],
      ['DELETE', '/v2/deployments/x', undefined, 404, 'DeploymentPlan x does not exist'],
      ['DELETE', '/v2/queue/none/delay', undefined, 404, 'Application /none not found in tasks queue.'],
      [
        'DELETE',
        '/v2/apps/web/tasks?scale=True&wipe=true',
        undefined,
        400,
        'You cannot use scale and wipe at the same time.',
      ],
      ['PUT', '/v2/deployments', {}, 405, 'Method Not Allowed'],
      ['GET', '/v2/eventSubscriptions', undefined, 404, 'URI not found'],
    ]
    for (const [method, path, body, status, message] of cases) {
      const answer = await marathon.request(method, path, body)
      assert.deepEqual([answer.status, (answer.body as { message: string }).message], [status, message], path)
    }
    const xml = await marathon.request('POST', '/v2/apps', '<a/>', { 'Content-Type': 'application/xml' })
    assert.equal(xml.status, 415)
  })

  test('[marathon 134][marathon 135][marathon 136] system endpoints answer', async () => {
    const info = (await marathon.request('GET', '/v2/info')).body as Record<string, unknown>
    assert.deepEqual([info['name'], info['frameworkId'], info['elected']], ['marathon', 'framework-1', true])
    const ping = await marathon.request('GET', '/ping')
    assert.deepEqual([ping.body, ping.headers.get('content-type')], ['pong', 'text/plain; charset=utf-8'])
    assert.equal((await marathon.request('GET', '/ping', undefined, { Accept: 'application/json' })).body, 'pong')
    const leader = (await marathon.request('GET', '/v2/leader')).body as { leader: string }
    assert.equal(`http://${leader.leader}`, marathon.url)
    assert.deepEqual((await marathon.request('GET', '/v2/plugins')).body, { plugins: [] })
    assert.match(String((await marathon.request('GET', '/metrics/prometheus')).body), /marathon_apps_active_gauge \d/)
    assert.equal((await marathon.request('GET', '/')).status, 302)
    const cache = await marathon.request('GET', '/v2/apps')
    assert.equal(cache.headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
    assert.equal(cache.headers.get('x-marathon-leader'), marathon.url)
    assert.equal((await marathon.request('HEAD', '/v2/pods')).status, 200)
  })

  test('[marathon 128][marathon 129][marathon 132] events are framed, filtered and named as marathon-lb reads them', async () => {
    const abort = new AbortController()
    const response = await fetch(`${marathon.url}/v2/events?event_type=api_post_event&event_type=status_update_event`, {
      headers: { Accept: 'text/event-stream' },
      signal: abort.signal,
    })
    assert.equal(response.headers.get('content-type'), 'text/event-stream;charset=utf-8')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    await marathon.request('PUT', '/v2/apps/evented', { cmd: 'sleep 7', instances: 1 })
    let text = ''
    while (!text.includes('status_update_event"')) text += (await reader.read()).value ?? ''
    abort.abort()
    assert.match(text, /^event: api_post_event\r\ndata: \{.*\}\r\n\r\nevent: status_update_event\r\ndata: \{/)
    const [, first = ''] = /data: (.*)\r\n\r\nevent: status/.exec(text) ?? []
    const event = JSON.parse(first) as Record<string, unknown>
    assert.deepEqual(Object.keys(event).sort(), ['appDefinition', 'clientIp', 'eventType', 'timestamp', 'uri'])
    assert.equal((await fetch(`${marathon.url}/v2/events`, { headers: { Accept: 'text/html' } })).status, 405)
  })
})

describe('health checks over real sockets', () => {
  test('[marathon 113] an HTTP check turns a task healthy, and its failure kills it', async () => {
    let status = 200
    const service = createServer((_request, response) => response.writeHead(status).end())
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const address = service.address()
    const port = typeof address === 'object' ? address?.port : 0
    const marathon = new TestMarathon()
    await marathon.start()
    try {
      const check = { protocol: 'HTTP', port, intervalSeconds: 0, gracePeriodSeconds: 0, maxConsecutiveFailures: 1 }
      await marathon.request('POST', '/v2/apps', { ...web, healthChecks: [check] })
      await marathon.until(
        '/v2/apps/web',
        ({ app }: { app: { tasksHealthy: number; deployments: unknown[] } }) =>
          app.tasksHealthy === 1 && app.deployments.length === 0,
      )
      status = 500
      await marathon.until(
        '/v2/apps/web',
        ({ app }: { app: { lastTaskFailure?: { message: string } } }) =>
          app.lastTaskFailure?.message === 'Task was killed since health check failed. Reason: HTTP status 500',
      )
    } finally {
      await marathon.close()
      service.close()
    }
  })
})

describe('persistence', () => {
  test('[marathon 123] a restarted Marathon keeps its framework id and its tasks', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'marathon-'))
    const marathon = new TestMarathon()
    const store = `sqlite:${join(directory, 'state.db')}`
    try {
      await marathon.start(store)
      await marathon.request('POST', '/v2/apps', { ...web, instances: 2 })
      await marathon.until('/v2/apps/web', isRunning(2))
      const tasks = [...marathon.master.tasks.keys()]
      await marathon.stop()
      await marathon.start(store)
      await marathon.until('/v2/info', (info: { frameworkId?: string }) => info.frameworkId === 'framework-1')
      await marathon.until('/v2/apps/web', isRunning(2))
      await marathon.request('PUT', '/v2/apps/web', { instances: 3 })
      await marathon.until('/v2/apps/web', isRunning(3))
      assert.ok(tasks.every((id) => marathon.master.tasks.has(id)))
      assert.equal(
        marathon.master.calls.findLast(({ type }) => type === 'SUBSCRIBE')?.framework_id?.value,
        'framework-1',
      )
    } finally {
      await marathon.close()
      await rm(directory, { recursive: true })
    }
  })

  test('a lost subscription is taken up again and tasks that ended meanwhile are replaced', async () => {
    const marathon = new TestMarathon()
    await marathon.start()
    try {
      await marathon.request('POST', '/v2/apps', web)
      await marathon.until('/v2/apps/web', isRunning(1))
      const [lost = ''] = marathon.master.tasks.keys()
      marathon.master.tasks.delete(lost)
      marathon.master.drop()
      await marathon.until('/v2/apps/web', ({ app }: AppBody) => app.tasks[0]?.['id'] === lost.replace(/1$/, '2'))
    } finally {
      await marathon.close()
    }
  })
})

describe('access', () => {
  test('[marathon 138][marathon 141] credentials and origins are honoured', async () => {
    const marathon = new TestMarathon(['--http_credentials=joe:secret', '--access_control_allow_origin=*'])
    await marathon.start()
    try {
      const denied = await marathon.request('GET', '/ping')
      assert.deepEqual([denied.status, denied.headers.get('www-authenticate')], [401, 'Basic realm="Mesosphere"'])
      const Authorization = `Basic ${Buffer.from('joe:secret').toString('base64')}`
      const allowed = await marathon.request('GET', '/ping', undefined, { Authorization })
      assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin')], [200, '*'])
    } finally {
      await marathon.close()
    }
  })
})
