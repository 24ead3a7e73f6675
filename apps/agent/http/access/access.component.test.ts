import type { mesos } from '@thermosphere/protocol'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { configOf } from '../../config.ts'
import { AgentProcess, FRAMEWORK, scalar } from '../../testing/agent-process.ts'

const basic = (principal: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${principal}:s`).toString('base64')}`,
})
const json = { 'Content-Type': 'application/json', Accept: 'application/json' }
const frameworkId = FRAMEWORK.id?.value ?? ''
const any = { type: 'ANY' }
const none = { type: 'NONE' }
const of = (...values: string[]): object => ({ values })

const run = promisify(execFile)

let directory: string
let agent: AgentProcess

/** `ops` may do everything, `dev` what the user nobody may. */
const rules = {
  access_sandboxes: [
    { principals: of('ops'), users: any },
    { principals: of('dev'), users: of('nobody') },
    { principals: any, users: none },
  ],
  ...Object.fromEntries(
    ['view_frameworks', 'view_executors', 'view_tasks', 'view_containers', 'wait_nested_containers'].map((action) => [
      action,
      [
        { principals: of('ops'), users: any },
        { principals: any, users: none },
      ],
    ]),
  ),
  view_flags: [
    { principals: of('ops'), flags: any },
    { principals: any, flags: none },
  ],
  access_mesos_logs: [
    { principals: of('ops'), logs: any },
    { principals: any, logs: none },
  ],
  get_endpoints: [
    { principals: of('ops'), paths: any },
    { principals: of('dev'), paths: of('/metrics/snapshot') },
    { principals: any, paths: none },
  ],
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-access-'))
  const at = (name: string): string => join(directory, name)
  const credentials = ['ops', 'dev'].map((principal) => ({ principal, secret: 's' }))
  await writeFile(at('credentials'), JSON.stringify({ credentials }), { mode: 0o600 })
  await writeFile(at('key'), 'key of the agent', { mode: 0o600 })
  await writeFile(at('acls'), JSON.stringify(rules))
  agent = await AgentProcess.start([
    ...[`--http_credentials=file://${at('credentials')}`, `--jwt_secret_key=${at('key')}`],
    ...['--authenticate_http_readonly', '--authenticate_http_readwrite', '--authenticate_http_executors'],
    ...[`--acls=file://${at('acls')}`, `--log_file=${at('log')}`, `--runtime_dir=${at('run')}`],
    ...['--logging_level=debug', '--executor_registration_timeout=5secs', '--executor_reregistration_timeout=15secs'],
  ])
})
after(async () => {
  await agent.close()
  await rm(directory, { recursive: true })
})

const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(agent.url + path, { method, headers })

async function call(body: object, headers: Record<string, string>): Promise<Response> {
  return await fetch(`${agent.url}/api/v1`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  })
}

/** The first answer is what the right login gets. */
const routes: readonly (readonly [string, string, string | undefined, number])[] = [
  ['GET', '/health', undefined, 200],
  ['GET', '/slave(1)/health', undefined, 200],
  ['GET', '/version', undefined, 200],
  ['GET', '/help', undefined, 200],
  ['GET', '/slave(1)/help/files', undefined, 200],
  ['GET', '/state', 'mesos-agent-readonly', 200],
  ['GET', '/slave(1)/state', 'mesos-agent-readonly', 200],
  ['GET', '/STATE', 'mesos-agent-readonly', 200],
  ['GET', '/flags', 'mesos-agent-readonly', 200],
  ['GET', '/containers', 'mesos-agent-readonly', 200],
  ['GET', '/monitor/statistics', 'mesos-agent-readonly', 200],
  ['GET', '/containerizer/debug', 'mesos-agent-readonly', 200],
  ['GET', '/metrics/snapshot', 'mesos-agent-readonly', 200],
  ['GET', '/files/browse', 'mesos-agent-readonly', 400],
  ['GET', '/files/read', 'mesos-agent-readonly', 400],
  ['GET', '/files/download', 'mesos-agent-readonly', 400],
  ['GET', '/files/follow', 'mesos-agent-readonly', 400],
  ['GET', '/files/debug', 'mesos-agent-readonly', 200],
  ['GET', '/nowhere', 'mesos-agent-readonly', 404],
  ['POST', '/api/v1', 'mesos-agent-readwrite', 400],
  ['POST', '/API/V1', 'mesos-agent-readwrite', 404],
  ['POST', '/slave(1)/api/v1/operator', 'mesos-agent-readwrite', 400],
]

suite('[mesos 201] an agent that people log in to', () => {
  for (const [method, path, realm, status] of routes) {
    test(`${method} ${path} is for ${realm ?? 'anybody'}`, async () => {
      const refused = await ask(method, path)
      const challenge = realm === undefined ? null : `Basic realm="${realm}",Bearer realm="${realm}"`
      assert.equal(refused.headers.get('www-authenticate'), challenge)
      assert.equal(refused.status, realm === undefined ? status : 401)
      if (realm !== undefined) {
        assert.equal(refused.headers.get('content-type'), 'text/plain; charset=utf-8')
        const wrong = { Authorization: `Basic ${Buffer.from('ops:falsch').toString('base64')}` }
        assert.equal((await ask(method, path, wrong)).status, 401)
      }
      assert.equal((await ask(method, path, basic('ops'))).status, status)
    })
  }

  test('tells of both ways in where both will do', async () => {
    const both =
      '"Basic" authenticator returned:\n401 Unauthorized.\n\n"Bearer" authenticator returned:\n401 Unauthorized.'
    assert.equal(await (await ask('GET', '/state')).text(), both)
  })
})

const main = join(import.meta.dirname, '../../testing/custom-executor.ts')
const executorOf = (id: string, setting = '', user?: string): mesos.ExecutorInfo => ({
  executor_id: { value: id },
  framework_id: { value: frameworkId },
  resources: [scalar('cpus', 0.1), scalar('mem', 64)],
  command: { shell: true, value: `${setting} exec ${process.execPath} ${main}`, ...(user !== undefined && { user }) },
})

/** The token in the environment of an executor's process, as root reads it. */
async function tokenOf(executorId: string): Promise<string> {
  const prefix = 'MESOS_EXECUTOR_AUTHENTICATION_TOKEN='
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    const entries = text.split('\0')
    const isIts = entries.includes(`MESOS_EXECUTOR_ID=${executorId}`) && text.includes(agent.workDir)
    const token = entries.find((entry) => entry.startsWith(prefix))
    if (isIts && token !== undefined) return token.slice(prefix.length)
  }
  return assert.fail(`no process of executor ${executorId} has a token`)
}

async function start(id: string): Promise<{ readonly token: string; readonly containerId: string }> {
  agent.runTask({ id, executor: executorOf(id) })
  const { container_status } = await agent.master.state(id, 'TASK_RUNNING')
  return { token: await tokenOf(id), containerId: container_status?.container_id?.value ?? '' }
}

function executorCall(executorId: string, token: string | undefined): Promise<Response> {
  const body = {
    type: 'MESSAGE',
    framework_id: { value: frameworkId },
    executor_id: { value: executorId },
    message: { data: '' },
  }
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return fetch(`${agent.url}/api/v1/executor`, {
    method: 'POST',
    headers: { ...json, ...authorization },
    body: JSON.stringify(body),
  })
}

/** Files below that somebody else than their owner may read and that have the text in them. */
async function leaks(root: string, text: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name)
    const { mode } = await stat(path).catch(() => ({ mode: 0 }))
    if (entry.isDirectory()) found.push(...((mode & 0o077) === 0 ? [] : await leaks(path, text)))
    else if (entry.isFile() && (mode & 0o077) !== 0 && (await readFile(path)).includes(text)) found.push(path)
  }
  return found
}

suite('[mesos 204] executors with tokens', () => {
  let first: Awaited<ReturnType<typeof start>>
  before(async () => {
    first = await start('first')
  })

  test('an executor gets in with its own alone', async () => {
    const none = await executorCall('first', undefined)
    assert.deepEqual(
      [none.status, none.headers.get('www-authenticate'), await none.text()],
      [401, 'Bearer realm="mesos-agent-executor"', '401 Unauthorized.'],
    )
    const wrong = await executorCall('first', `${first.token.slice(0, -2)}xx`)
    assert.equal(wrong.status, 401)
    assert.match(wrong.headers.get('www-authenticate') ?? '', /^Bearer realm="[^"]+", error="invalid_token", error_/)
    assert.equal((await ask('POST', '/api/v1/executor', basic('ops'))).status, 401)
    assert.equal((await executorCall('first', first.token)).status, 202)
  })

  test('on the operator API a token opens the containers of its executor', async () => {
    const wait = (parent: string, token: string): Promise<Response> =>
      call(
        {
          type: 'WAIT_NESTED_CONTAINER',
          wait_nested_container: { container_id: { value: 'n', parent: { value: parent } } },
        },
        { Authorization: `Bearer ${token}` },
      )
    assert.notEqual((await wait(first.containerId, first.token)).status, 403)
    assert.equal((await wait('other', first.token)).status, 403)
    assert.equal((await call({ type: 'GET_FLAGS' }, { Authorization: `Bearer ${first.token}` })).status, 403)
  })

  test('is told to nobody but the executor', async () => {
    const [, , signature = ''] = first.token.split('.')
    assert.ok(signature.length > 40)
    for (const path of ['/state', '/flags', '/containers', '/files/debug'])
      assert.ok(!(await (await ask('GET', path, basic('ops'))).text()).includes(signature), path)
    const state = await call({ type: 'GET_STATE' }, basic('ops'))
    assert.ok(!(await state.text()).includes(signature))
    const log = await readFile(join(directory, 'log'), 'utf8')
    assert.match(log, /agent\.started/)
    assert.ok(!log.includes(signature) && !agent.errors.includes(signature))
    assert.deepEqual([...(await leaks(agent.workDir, signature)), ...(await leaks(directory, signature))], [])
  })

  test('the same token is good after a restart of the agent, for the same process', async () => {
    await agent.restart()
    await agent.master.wait(({ messages }) => messages.find((message) => message.type === 'REREGISTER'), 60_000)
    await eventually('the executor to be back', async () => {
      const response = await executorCall('first', first.token).catch(() => undefined)
      return response?.status === 202
    })
    assert.equal(await tokenOf('first'), first.token)
  })

  test('a process with the token of another executor never subscribes, and its calls are refused', async () => {
    const setting = `MESOS_EXECUTOR_AUTHENTICATION_TOKEN=${first.token}`
    agent.runTask({ id: 'thief', executor: executorOf('thief', setting) })
    const refused = await eventually('an answer about the executor', async () => {
      const response = await executorCall('thief', first.token)
      return response.status === 403 ? response : undefined
    })
    assert.match(await refused.text(), /not that of executor 'thief'/)
    const failed = await agent.master.state('thief', 'TASK_FAILED')
    assert.equal(failed.reason, 'REASON_EXECUTOR_REGISTRATION_TIMEOUT')
  })
})

suite('[mesos 205] an agent with rules in a file', () => {
  const sandbox = `/frameworks/${frameworkId}/executors/mine/runs/latest`
  before(async () => {
    agent.runTask({ id: 'mine', command: { shell: true, value: 'echo hush; sleep 1000' } })
    await agent.master.state('mine', 'TASK_RUNNING')
  })

  const read = (path: string, principal: string): Promise<Response> =>
    ask('GET', `/files/read?offset=0&path=${encodeURIComponent(path)}`, basic(principal))

  test('shows sandboxes and its log to those who may see them', async () => {
    const paths = [`${sandbox}/stdout`, '/slave/log']
    for (const path of paths) {
      assert.equal((await read(path, 'ops')).status, 200)
      assert.equal((await read(path, 'dev')).status, 403)
    }
    const list_files = { path: sandbox }
    assert.equal((await call({ type: 'LIST_FILES', list_files }, basic('dev'))).status, 403)
    assert.equal((await call({ type: 'LIST_FILES', list_files }, basic('ops'))).status, 200)
    for (const path of ['browse', 'download', 'follow'])
      assert.equal((await ask('GET', `/files/${path}?path=${sandbox}`, basic('dev'))).status, 403, path)
  })

  test('[mesos 206] shows frameworks, tasks and containers to those who may see them', async () => {
    const textOf = async (path: string, principal: string) => (await ask('GET', path, basic(principal))).text()
    assert.match(await textOf('/state', 'ops'), /"id":"mine"/)
    assert.doesNotMatch(await textOf('/state', 'dev'), /mine|"flags"/)
    for (const type of ['GET_STATE', 'GET_TASKS', 'GET_EXECUTORS', 'GET_CONTAINERS']) {
      assert.match(await (await call({ type }, basic('ops'))).text(), /"mine"/, type)
      assert.doesNotMatch(await (await call({ type }, basic('dev'))).text(), /"mine"/, type)
    }
  })

  test('refuses by 403 what they forbid as a whole', async () => {
    const expected: Record<string, number> = {
      '/flags': 403,
      '/containers': 403,
      '/CONTAINERS': 403,
      '/monitor/statistics': 403,
      '/containerizer/debug': 403,
      '/files/debug': 403,
      '/metrics/snapshot': 200,
    }
    for (const [path, status] of Object.entries(expected)) {
      const response = await ask('GET', path, basic('dev'))
      assert.equal(response.status, status, path)
      if (status === 403) assert.equal(await response.text(), '403 Forbidden.')
    }
    assert.equal((await call({ type: 'GET_FLAGS' }, basic('dev'))).status, 403)
  })

  test('a link in a sandbox does not lead into that of another user', async () => {
    agent.runTask({ id: 'links', executor: executorOf('links', '', 'nobody') })
    await agent.master.wait(({ messages }) => messages.length > 0)
    const runs = `/frameworks/${frameworkId}/executors`
    const { agentId } = agent.master
    const real = (id: string): string => join(agent.workDir, 'slaves', agentId, runs, id, 'runs/latest')
    await eventually('the sandbox', () =>
      stat(real('links')).then(
        () => true,
        () => false,
      ),
    )
    await symlink(`${real('mine')}/stdout`, `${real('links')}/peek`)
    assert.equal((await read(`${runs}/links/runs/latest/peek`, 'dev')).status, 403)
    assert.equal((await read(`${runs}/links/runs/latest/peek`, 'ops')).status, 200)
  })

  test('does not go by names that a path only seems to have', async () => {
    assert.equal(
      (await read(`/frameworks/${frameworkId}/executors/links/../mine/runs/latest/stdout`, 'dev')).status,
      403,
    )
  })
})

suite('[mesos 201] [mesos 204] [mesos 205] an agent does not start', () => {
  const base = '--master=127.0.0.1:1'
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'without credentials',
      ['--authenticate_http_readwrite'],
      /readwrite: nobody could log in; give --http_credentials/,
    ],
    ['without a key', ['--authenticate_http_executors'], /no executor could log in; give --jwt_secret_key/],
    ['with misspelt rules', ['--acls={"access_sandbox":[]}'], /access_sandbox.*is no action/],
    ['with rules that are no JSON', ['--acls={'], /must be JSON/],
    ['with another authorizer', ['--authorizer=mine'], /authorizer/],
  ]
  for (const [what, flags, why] of cases) test(what, () => assert.throws(() => configOf([base, ...flags]), why))

  const files: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'credentials',
      ['--authenticate_http_readonly', '--http_credentials=/no/such'],
      /\/no\/such cannot be read \(ENOENT\)/,
    ],
    ['a key', ['--authenticate_http_executors', '--jwt_secret_key=/no/such'], /\/no\/such cannot be read \(ENOENT\)/],
  ]
  for (const [what, flags, why] of files) {
    test(`with ${what} that cannot be read`, async () => {
      const program = join(import.meta.dirname, '../../main.ts')
      const started = run(process.execPath, [program, base, `--work_dir=${join(directory, 'none')}`, ...flags])
      await assert.rejects(started, ({ stderr }: { stderr: string }) => why.test(stderr))
    })
  }
})
