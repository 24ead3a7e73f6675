import { eventually } from '@thermosphere/test-kit'
import { createRecordIoDecoder } from '@thermosphere/protocol'
import type { master as wire } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { FakeAgent, looseJson, runMaster, TestScheduler } from '../../testing/running-master.ts'
import type { RunningMaster } from '../../testing/running-master.ts'

const any = { type: 'ANY' }
const none = { type: 'NONE' }
const login = (principal: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${principal}:s`).toString('base64')}`,
})

/** Member that names the objects of an action, by the action: `ops` may do all of them and nobody else any. */
const actions = {
  view_executors: 'users',
  view_roles: 'roles',
  view_flags: 'flags',
  get_quotas: 'roles',
  get_endpoints: 'paths',
  access_mesos_logs: 'logs',
  set_log_level: 'level',
  get_maintenance_schedules: 'machines',
  get_maintenance_statuses: 'machines',
} as const
const opsOnly = (member: string): object[] => [
  { principals: { values: ['ops'] }, [member]: any },
  { principals: any, [member]: none },
]
/** `dev` sees what runs as alice besides. */
const aliceForDev = [{ principals: { values: ['dev'] }, users: { values: ['alice'] } }, ...opsOnly('users')]
const rules = {
  ...Object.fromEntries(Object.entries(actions).map(([action, member]) => [action, opsOnly(member)])),
  view_frameworks: aliceForDev,
  view_tasks: aliceForDev,
}

/** Endpoints and calls that are refused as a whole. */
const refused: readonly (readonly [string, string])[] = [
  ['view_flags', '/flags'],
  ['get_endpoints', '/metrics/snapshot'],
  ['get_endpoints', '/files/debug'],
  ['get_endpoints', '/logging/toggle'],
  ['access_mesos_logs', '/files/browse?path=/master/log'],
  ['access_mesos_logs', '/files/read?path=/master/log'],
  ['access_mesos_logs', '/files/download?path=/master/log'],
  ['view_flags', 'GET_FLAGS'],
  ['get_endpoints', 'GET_METRICS'],
  ['access_mesos_logs', 'LIST_FILES'],
  ['access_mesos_logs', 'READ_FILE'],
  ['set_log_level', 'SET_LOGGING_LEVEL'],
]

/** Those that leave something out: what `ops` finds in the answer, and nobody else. */
const filtered: readonly (readonly [string, string, readonly string[]])[] = [
  ['view_frameworks', '/state', ['of-bob', 'task-bob']],
  ['view_flags', '/state', ['"flags"']],
  ['view_roles', '/state', ['hush']],
  ['view_frameworks', '/state-summary', ['of-bob']],
  ['view_roles', '/state-summary', ['hush']],
  ['view_roles', '/slaves', ['hush']],
  ['view_frameworks', '/frameworks', ['of-bob', 'task-bob']],
  ['view_tasks', '/tasks', ['task-bob']],
  ['view_roles', '/roles', ['hush']],
  ['view_roles', '/weights', ['hush']],
  ['get_quotas', '/quota', ['hush']],
  ['get_maintenance_schedules', '/maintenance/schedule', ['down-host']],
  ['get_maintenance_statuses', '/maintenance/status', ['down-host']],
  ['view_frameworks', 'GET_STATE', ['of-bob', 'task-bob']],
  ['view_roles', 'GET_STATE', ['hush']],
  ['view_roles', 'GET_AGENTS', ['hush']],
  ['view_frameworks', 'GET_FRAMEWORKS', ['of-bob']],
  ['view_tasks', 'GET_TASKS', ['task-bob']],
  ['view_roles', 'GET_ROLES', ['hush']],
  ['view_roles', 'GET_WEIGHTS', ['hush']],
  ['get_quotas', 'GET_QUOTA', ['hush']],
  ['get_maintenance_schedules', 'GET_MAINTENANCE_SCHEDULE', ['down-host']],
  ['get_maintenance_statuses', 'GET_MAINTENANCE_STATUS', ['down-host']],
]

/** All that can be read: nowhere may there be what is not to be seen. */
const everywhere = [
  ...['/allocator/offer_constraints_debug', '/system/stats.json', '/version', '/health', '/redirect'],
  ...['GET_HEALTH', 'GET_VERSION', 'GET_LOGGING_LEVEL', 'GET_EXECUTORS', 'GET_OPERATIONS', 'GET_MASTER'],
  ...[...refused, ...filtered].map(([, where]) => where),
]

suite('a master with rules about what one may see', () => {
  let master: RunningMaster
  let directory: string
  let agent: FakeAgent
  const schedulers: TestScheduler[] = []

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'views-'))
    const file = (name: string): string => join(directory, name)
    const credentials = ['ops', 'dev', 'guest'].map((principal) => ({ principal, secret: 's' }))
    await writeFile(file('credentials'), JSON.stringify({ credentials }), { mode: 0o600 })
    await writeFile(file('acls'), JSON.stringify(rules))
    await writeFile(file('log'), 'written\n')
    master = await runMaster(
      ...['--registry=in_memory', `--credentials=${file('credentials')}`, `--acls=file://${file('acls')}`],
      ...['--authenticate_http_readonly', '--authenticate_http_readwrite', '--allocation_interval=50ms'],
      ...[`--log_file=${file('log')}`, '--logging_level=fatal'],
    )
    agent = new FakeAgent(master.port)
    const agentId = await agent.register()
    for (const user of ['alice', 'bob']) schedulers.push(await launch(user))
    await change(agentId)
  })
  after(async () => {
    for (const scheduler of schedulers) scheduler.close()
    agent.close()
    await master.close()
    await rm(directory, { recursive: true })
  })

  const call = (body: wire.Call, principal: string): Promise<Response> =>
    fetch(`${master.url}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...login(principal) },
      body: JSON.stringify(body),
    })

  /** A framework of the user with one task. */
  async function launch(user: string): Promise<TestScheduler> {
    const scheduler = await new TestScheduler(master.url).subscribe({ name: `of-${user}`, user, roles: [user] })
    const { id, agent_id } = await scheduler.offer()
    const resources = ['cpus', 'mem'].map((name) => ({
      ...{ name, type: 'SCALAR' as const, scalar: { value: name === 'cpus' ? 0.5 : 64 } },
      allocation_info: { role: user },
    }))
    const info = { name: `task-${user}`, task_id: { value: `task-${user}` }, agent_id, resources }
    const task_infos = [{ ...info, command: { value: 'true' } }]
    // What is left is for the others.
    await scheduler.call({ type: 'SUPPRESS' })
    await scheduler.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [id],
        operations: [{ type: 'LAUNCH', launch: { task_infos } }],
        filters: { refuse_seconds: 0 },
      },
    })
    return scheduler
  }

  /** Roles, quota and maintenance that are not for everybody. */
  async function change(agentId: string): Promise<void> {
    const reservations = [{ type: 'DYNAMIC' as const, role: 'hush', principal: 'ops' }]
    const reserved = { name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 }, reservations }
    const window = { machine_ids: [{ hostname: 'down-host' }], unavailability: { start: { nanoseconds: 0 } } }
    const changes: wire.Call[] = [
      { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'hush', weight: 2 }] } },
      {
        type: 'UPDATE_QUOTA',
        update_quota: { quota_configs: [{ role: 'hush', limits: { cpus: { value: 3 } } }] },
      },
      {
        type: 'RESERVE_RESOURCES',
        reserve_resources: { agent_id: { value: agentId }, resources: [reserved] },
      },
      { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows: [window] } } },
    ]
    for (const one of changes) {
      const response = await call(one, 'ops')
      assert.ok(response.ok, `${one.type} ${response.status} ${await response.text()}`)
    }
  }

  const members: Partial<Record<string, object>> = {
    GET_METRICS: { get_metrics: {} },
    LIST_FILES: { list_files: { path: '/master/log' } },
    READ_FILE: { read_file: { path: '/master/log', offset: 0 } },
    SET_LOGGING_LEVEL: { set_logging_level: { level: 0, duration: { nanoseconds: 1 } } },
  }
  const ask = async (where: string, principal: string): Promise<[number, string]> => {
    const response = where.startsWith('/')
      ? await fetch(master.url + where, { headers: login(principal), redirect: 'manual' })
      : await call({ type: where, ...members[where] } as wire.Call, principal)
    return [response.status, await response.text()]
  }

  for (const [action, where] of refused) {
    test(`[mesos 205] ${where} needs ${action}`, async () => {
      assert.deepEqual(await ask(where, 'guest'), [403, '403 Forbidden.'])
      assert.equal((await ask(where, 'ops'))[0], 200)
    })
  }

  for (const [action, where, words] of filtered) {
    test(`[mesos 205] [mesos 206] ${where} shows ${words.join(' and ')} by ${action}`, async () => {
      const [status, text] = await ask(where, 'guest')
      assert.equal(status, 200)
      const [, all] = await ask(where, 'ops')
      for (const word of words) assert.deepEqual([all.includes(word), text.includes(word)], [true, false], word)
    })
  }

  test('[mesos 205] the level of the log is changed by set_log_level on the old endpoint, too', async () => {
    const [status] = await ask('/logging/toggle?level=1&duration=1secs', 'guest')
    assert.equal(status, 403)
  })

  test('[mesos 206] nowhere is there what somebody else has', async () => {
    const ids = schedulers.map(({ id }) => id.value)
    for (const where of new Set(everywhere)) {
      const [, guest] = await ask(where, 'guest')
      for (const word of ['alice', 'bob', 'hush', 'down-host', ...ids])
        assert.ok(!guest.includes(word), `${where} ${word}`)
      const [, dev] = await ask(where, 'dev')
      for (const word of ['bob', ids[1] ?? '']) assert.ok(!dev.includes(word), `${where} ${word}`)
    }
  })

  test('[mesos 206] two principals see different parts of the same state', async () => {
    const namesOf = async (principal: string): Promise<unknown[]> => {
      const { frameworks } = await looseJson(fetch(`${master.url}/state`, { headers: login(principal) }))
      return Object.values(frameworks ?? {}).map(({ name, tasks }) => [
        name,
        Object.values(tasks ?? {}).map(({ id }) => id),
      ])
    }
    const [alice, bob] = [
      ['of-alice', ['task-alice']],
      ['of-bob', ['task-bob']],
    ]
    assert.deepEqual(await namesOf('ops'), [alice, bob])
    assert.deepEqual(await namesOf('dev'), [alice])
    assert.deepEqual(await namesOf('guest'), [])
  })

  test('[mesos 206] subscribers hear of what is theirs alone', async () => {
    const abort = new AbortController()
    const heard = async (principal: string): Promise<string[]> => {
      const response = await fetch(`${master.url}/api/v1`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...login(principal) },
        body: '{"type":"SUBSCRIBE"}',
        signal: abort.signal,
      })
      const records: string[] = []
      void read(response, records)
      await eventually('a heartbeat', () => records.some((record) => record.includes('HEARTBEAT')))
      return records
    }
    async function read(response: Response, records: string[]): Promise<void> {
      const decoder = createRecordIoDecoder(1_000_000)
      try {
        for await (const chunk of response.body ?? [])
          for (const record of decoder.push(chunk)) records.push(Buffer.from(record).toString())
      } catch (error) {
        if (!abort.signal.aborted) throw error
      }
    }
    const [ops, dev] = [await heard('ops'), await heard('dev')]
    schedulers.push(await launch('bob'), await launch('alice'))
    await eventually('the last event', () => dev.filter((record) => record.includes('TASK_ADDED')).length === 1)
    await eventually('all events', () => ops.filter((record) => record.includes('TASK_ADDED')).length === 2)
    abort.abort()
    assert.ok(ops.some((record) => record.includes('bob')))
    assert.ok(!dev.some((record) => record.includes('bob')))
  })
})
