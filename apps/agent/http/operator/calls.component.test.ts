import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agent } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AgentProcess } from '../../testing/agent-process.ts'
import { OperatorClient } from '../../testing/operator-client.ts'

type Call = Omit<agent.Call, 'type'>
type Response = Record<string, unknown>

const seconds = (count: number) => ({ nanoseconds: count * 1e9 })
const provider = { info: { type: 't', name: 'n' } }

/** Every call that reads, with its member and something that its answer must have. */
const READING: [agent.Call_Type, Call, RegExp][] = [
  ['GET_HEALTH', {}, /"healthy":true/],
  ['GET_FLAGS', {}, /"name":"work_dir"/],
  ['GET_VERSION', {}, /"version":"1\.12\.0"/],
  ['GET_METRICS', { get_metrics: {} }, /"name":"slave\/tasks_running","value":1/],
  ['GET_LOGGING_LEVEL', {}, /"level":0/],
  ['LIST_FILES', { list_files: { path: '<sandbox>' } }, /"path":"[^"]*\/stdout"/],
  ['READ_FILE', { read_file: { path: '<sandbox>/stdout', offset: 2 } }, /"size":5,"data":"bGxv"/],
  ['GET_STATE', {}, /"launched_tasks":\[/],
  ['GET_CONTAINERS', {}, /"container_id":\{"value":"<container>"\}/],
  ['GET_FRAMEWORKS', {}, /"frameworks":\[\{"framework_info"/],
  ['GET_EXECUTORS', {}, /"executor_id":\{"value":"host"\}/],
  ['GET_OPERATIONS', {}, /"get_operations":\{\}/],
  ['GET_TASKS', {}, /"task_id":\{"value":"host"\}/],
  ['GET_AGENT', {}, /"agent_info":\{/],
  ['GET_RESOURCE_PROVIDERS', {}, /"get_resource_providers":\{\}/],
]

/** Every call that changes something or answers with a mere status; the containers' are tested in files of their own. */
const WRITING: [agent.Call_Type, Call, number, string][] = [
  ['SET_LOGGING_LEVEL', { set_logging_level: { level: 1, duration: seconds(60) } }, 200, ''],
  ['PRUNE_IMAGES', {}, 200, ''],
  [
    'ADD_RESOURCE_PROVIDER_CONFIG',
    { add_resource_provider_config: provider },
    400,
    "Failed to validate resource provider config with type 't' and name 'n': Unknown local resource provider type 't'",
  ],
  [
    'UPDATE_RESOURCE_PROVIDER_CONFIG',
    { update_resource_provider_config: provider },
    400,
    "Failed to validate resource provider config with type 't' and name 'n': Unknown local resource provider type 't'",
  ],
  ['REMOVE_RESOURCE_PROVIDER_CONFIG', { remove_resource_provider_config: { type: 't', name: 'n' } }, 200, ''],
  [
    'MARK_RESOURCE_PROVIDER_GONE',
    { mark_resource_provider_gone: { resource_provider_id: { value: 'x' } } },
    400,
    'Failed to mark resource provider x as gone: unknown resource provider',
  ],
  ['UNKNOWN', {}, 501, '501 Not Implemented.'],
]

describe('the calls of the operator API', { timeout: 120_000 }, () => {
  let agent: AgentProcess
  let operator: OperatorClient
  let place: { readonly sandbox: string; readonly container: string }
  before(async () => {
    agent = await AgentProcess.start(['--isolation=posix'])
    operator = new OperatorClient(agent.url)
    agent.runTask({ id: 'host', command: { shell: true, value: 'printf hello; exec sleep 1000' } })
    await agent.master.state('host', 'TASK_RUNNING')
    type State = { frameworks: { executors: { directory: string; container: string }[] }[] }
    const executor = (await agent.json<State>('/state')).frameworks[0]?.executors[0]
    assert.ok(executor)
    place = { sandbox: executor.directory, container: executor.container }
  })
  after(() => agent.close())

  const filled = (call: agent.Call): agent.Call => {
    const text = JSON.stringify(call).replaceAll('<sandbox>', place.sandbox)
    return JSON.parse(text) as agent.Call
  }

  const inProtobuf = async (call: agent.Call): Promise<{ status: number; body: Uint8Array }> => {
    const headers = { 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' }
    const body = Buffer.from(encodeProtobuf('mesos.v1.agent.Call', call))
    const answer = await fetch(`${agent.url}/api/v1`, { method: 'POST', headers, body })
    return { status: answer.status, body: await answer.bytes() }
  }

  for (const [type, body, expected] of READING) {
    test(`[mesos 214] ${type} is answered in JSON and in protobuf`, async () => {
      const call = filled({ type, ...body })
      const { status, text } = await operator.call(call)
      assert.equal(status, 200)
      const answer = JSON.parse(text) as Response
      assert.deepEqual(Object.keys(answer).sort(), [type.toLowerCase(), 'type'])
      assert.match(text, new RegExp(expected.source.replaceAll('<container>', place.container)))
      const encoded = await inProtobuf(call)
      const decoded = decodeProtobuf('mesos.v1.agent.Response', encoded.body)
      assert.deepEqual([encoded.status, Object.keys(decoded).sort()], [200, Object.keys(answer).sort()])
    })
  }

  for (const [type, body, status, text] of WRITING) {
    test(`[mesos 214] ${type} is answered with ${status}`, async () => {
      const answer = await operator.call({ type, ...body })
      assert.deepEqual([answer.status, answer.text], [status, text])
      assert.equal((await inProtobuf({ type, ...body })).status, status)
    })
  }

  test('the level of the log is raised for a time, by either of its ways', async () => {
    const level = async () => (await (await fetch(`${agent.url}/logging/toggle`)).text()).trim()
    assert.equal(await level(), '1')
    const toggled = await fetch(`${agent.url}/logging/toggle?level=2&duration=50ms`)
    assert.equal(toggled.status, 200)
    for (let i = 0; i < 100 && (await level()) !== '0'; i++) await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(await level(), '0')
    const refused = await fetch(`${agent.url}/logging/toggle?level=1`)
    assert.deepEqual([refused.status, await refused.text()], [400, "Expecting 'duration=value' in query.\n"])
  })

  test('containers are measured twice a second at most for /monitor/statistics', async () => {
    const startedAt = performance.now()
    for (let i = 0; i < 4; i++) assert.equal((await fetch(`${agent.url}/monitor/statistics`)).status, 200)
    assert.ok(performance.now() - startedAt >= 1_400)
    const stats = await agent.json<Record<string, number>>('/system/stats.json')
    assert.ok((stats['mem_total_bytes'] ?? 0) > 0 && (stats['cpus_total'] ?? 0) > 0)
  })
})
