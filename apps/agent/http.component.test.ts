import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AgentProcess, FRAMEWORK, scalar } from './testing/agent-process.ts'

type ExecutorView = {
  id: string
  name: string
  directory: string
  tasks: { id: string }[]
  completed_tasks: { id: string }[]
}
type StateView = {
  frameworks: { executors: ExecutorView[]; completed_executors: ExecutorView[] }[]
  completed_frameworks: { executors: ExecutorView[]; completed_executors: ExecutorView[] }[]
}

let agent: AgentProcess

before(async () => {
  agent = await AgentProcess.start()
})
after(async () => {
  await agent.close()
})

async function executor(id: string): Promise<ExecutorView> {
  const state = await agent.json<StateView>('/state')
  const frameworks = [...state.frameworks, ...state.completed_frameworks]
  const all = frameworks.flatMap((framework) => [...framework.executors, ...framework.completed_executors])
  const found = all.find((candidate) => candidate.id === id)
  assert.ok(found !== undefined, `${id} is in /state`)
  return found
}

async function get(path: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(agent.url + path)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

test('[mesos 183] files are read in parts, followed as they grow, and never outside the sandboxes', async () => {
  agent.runTask({ id: 'files', command: { shell: true, value: 'echo one; echo two >&2; sleep 100' } })
  await agent.master.state('files', 'TASK_RUNNING')
  const { directory } = await executor('files')
  await symlink('/etc/passwd', join(directory, 'leak'))
  const stdout = encodeURIComponent(`${directory}/stdout`)
  await agent.master.wait(() => true)
  assert.deepEqual(JSON.parse((await get(`/files/read?path=${stdout}&offset=1&length=2`)).text), {
    data: 'ne',
    offset: 1,
  })
  assert.deepEqual(JSON.parse((await get(`/files/read?path=${stdout}&offset=-1`)).text), { data: '', offset: 4 })
  assert.equal((await get(`/files/read?path=${encodeURIComponent(`${directory}/leak`)}&offset=0`)).status, 400)
  assert.equal((await get(`/files/read?path=${encodeURIComponent(`${directory}/../../../../x`)}&offset=0`)).status, 404)
  assert.equal((await get('/files/read?path=/etc/passwd&offset=0')).status, 404)
  const virtual = `/frameworks/${FRAMEWORK.id?.value ?? ''}/executors/files/runs/latest`
  const names = JSON.parse((await get(`/files/browse?path=${virtual}`)).text).map(
    (entry: { path: string }) => entry.path,
  )
  assert.deepEqual(
    names,
    ['leak', 'stderr', 'stdout'].map((name) => `${virtual}/${name}`),
  )
  const following = await fetch(`${agent.url}/files/follow?path=${stdout}&offset=0`)
  const reader = following.body?.getReader()
  let seen = Buffer.from((await reader?.read())?.value ?? '').toString()
  await appendFile(join(directory, 'stdout'), 'more\n')
  while (!seen.includes('more')) seen += Buffer.from((await reader?.read())?.value ?? '').toString()
  assert.equal(seen, 'one\nmore\n')
  await reader?.cancel()
})

test('[mesos 214] the operator API answers in both encodings and in Mesos words', async () => {
  const call = async (body: string, headers: Record<string, string>): Promise<Response> =>
    await fetch(`${agent.url}/api/v1`, { method: 'POST', headers, body })
  const json = { 'content-type': 'application/json', accept: 'application/json' }
  const health = await call('{"type":"GET_HEALTH"}', json)
  assert.equal(health.headers.get('content-type'), 'application/json')
  assert.deepEqual(await health.json(), { type: 'GET_HEALTH', get_health: { healthy: true } })
  const protobuf = await call('{"type":"GET_HEALTH"}', { ...json, accept: 'application/x-protobuf' })
  assert.equal(protobuf.headers.get('content-type'), 'application/x-protobuf')
  assert.equal(await (await call('{}', json)).text(), "Failed to validate agent::Call: Expecting 'type' to be present")
  assert.equal((await call('{', json)).status, 400)
  assert.equal((await call('{}', { ...json, 'content-type': 'text/plain' })).status, 415)
  assert.equal((await fetch(`${agent.url}/api/v1`)).status, 405)
  assert.equal((await fetch(`${agent.url}/slave(1)/health`)).status, 200)
})

test('[mesos 111] a custom executor: launched, spoken to, back after kill -9 of the agent, and mourned', async () => {
  const { master } = agent
  const info = {
    executor_id: { value: 'mine' },
    name: 'mine',
    command: {
      shell: true,
      value: `exec ${process.execPath} ${join(import.meta.dirname, 'testing/custom-executor.ts')}`,
    },
    resources: [scalar('cpus', 0.1), scalar('mem', 128)],
  }
  agent.runTask({ id: 'x1', executor: info })
  const running = await master.state('x1', 'TASK_RUNNING')
  assert.ok(running.container_status?.executor_pid)
  const say = (text: string): void => {
    const ids = { framework_id: FRAMEWORK.id ?? { value: '' }, executor_id: { value: 'mine' } }
    master.send({ type: 'FRAMEWORK_MESSAGE', framework_message: { ...ids, data: Buffer.from(text) } })
  }
  say('ping')
  const echo = await master.wait(({ messages }) => messages.find(({ type }) => type === 'EXECUTOR_MESSAGE'))
  assert.equal(Buffer.from(echo.executor_message?.data ?? []).toString(), 'ping')
  await agent.restart()
  await master.wait(({ messages }) => messages.find(({ type }) => type === 'REREGISTER'))
  say('finish')
  await master.state('x1', 'TASK_FINISHED')
  agent.kill9(running.container_status.executor_pid)
  const exited = await master.wait(({ messages }) => messages.find(({ type }) => type === 'EXECUTOR_EXITED'))
  assert.equal(exited.executor_exited?.executor_id.value, 'mine')
})

test('[mesos 114] an executor that never subscribes fails its tasks', async () => {
  const other = await AgentProcess.start(['--executor_registration_timeout=500ms'])
  const command = { shell: true, value: 'sleep 100' }
  other.runTask({ id: 'mute', executor: { executor_id: { value: 'mute' }, command, resources: [scalar('cpus', 0.1)] } })
  const failed = await other.master.state('mute', 'TASK_FAILED')
  assert.deepEqual(
    [failed.reason, failed.message],
    ['REASON_EXECUTOR_REGISTRATION_TIMEOUT', 'Executor did not register within 500ms'],
  )
  await other.close()
})

test('[mesos 221] [mesos 225] the log is read over HTTP, and the master is told the advertised address', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'agent-log-'))
  const other = await AgentProcess.start([`--log_dir=${folder}`, '--advertise_ip=192.0.2.7', '--advertise_port=80'])
  context.after(async () => {
    await other.close()
    await rm(folder, { recursive: true })
  })
  const { register } = await other.master.wait(({ messages }) => messages.find((message) => message.register))
  assert.deepEqual(
    [register?.advertised_ip, register?.agent_info.port, register?.agent_info.hostname],
    ['192.0.2.7', 80, '192.0.2.7'],
  )
  const state = await other.json<{ pid: string; log_dir: string }>('/state')
  assert.deepEqual([state.pid, state.log_dir], ['slave(1)@192.0.2.7:80', folder])
  const { data } = await other.json<{ data: string }>('/files/read?path=/slave/log&offset=0')
  assert.match(data, /agent\.started/)
})
