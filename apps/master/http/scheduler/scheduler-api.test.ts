import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { FakeAgent, looseJson, runMaster, TestScheduler } from '../../testing/running-master.ts'
import type { Encoding, RunningMaster } from '../../testing/running-master.ts'

const json = { 'Content-Type': 'application/json', Accept: 'application/json' }
const subscribe = '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"x"}}}'

type Case = readonly [
  string,
  { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Buffer },
  number,
  string,
]

/** As recorded from Apache Mesos 1.12. */
const refusals: readonly Case[] = [
  ['GET', { method: 'GET' }, 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."],
  [
    'PUT',
    { method: 'PUT', headers: json, body: '{}' },
    405,
    "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'PUT'.",
  ],
  ['an empty body', { headers: json, body: '' }, 400, 'Failed to parse body into JSON: syntax error at line 1 near: '],
  ['broken JSON', { headers: json, body: '{' }, 400, 'Failed to parse body into JSON: syntax error at line 1 near: '],
  ['no type', { headers: json, body: '{}' }, 400, "Failed to validate scheduler::Call: Expecting 'type' to be present"],
  [
    'an unknown type',
    { headers: json, body: '{"type":"NOPE"}' },
    400,
    "Failed to validate scheduler::Call: Expecting 'type' to be present",
  ],
  [
    'text',
    { headers: { ...json, 'Content-Type': 'text/plain' }, body: '{}' },
    415,
    "Expecting 'Content-Type' of application/json or application/x-protobuf",
  ],
  [
    'HTML wanted',
    { headers: { ...json, Accept: 'text/html' }, body: subscribe },
    406,
    "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
  ],
  [
    'SUBSCRIBE without its member',
    { headers: json, body: '{"type":"SUBSCRIBE"}' },
    400,
    "Failed to validate scheduler::Call: Expecting 'subscribe' to be present",
  ],
  [
    'SUBSCRIBE without a name',
    { headers: json, body: '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root"}}}' },
    400,
    'Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.name',
  ],
  [
    'no framework id',
    { headers: json, body: '{"type":"TEARDOWN"}' },
    400,
    "Failed to validate scheduler::Call: Expecting 'framework_id' to be present",
  ],
  [
    'an unknown framework',
    { headers: json, body: '{"type":"TEARDOWN","framework_id":{"value":"nope"}}' },
    400,
    'Framework cannot be found',
  ],
  [
    'SUBSCRIBE with a stream id',
    { headers: { ...json, 'Mesos-Stream-Id': 'x' }, body: subscribe },
    400,
    "Subscribe calls should not include the 'Mesos-Stream-Id' header",
  ],
  [
    'broken protobuf',
    { headers: { 'Content-Type': 'application/x-protobuf' }, body: Buffer.from([255, 255, 1]) },
    400,
    'Failed to parse body into Call protobuf',
  ],
  [
    'another framework id inside',
    {
      headers: json,
      body: '{"type":"SUBSCRIBE","framework_id":{"value":"a"},"subscribe":{"framework_info":{"user":"root","name":"x"}}}',
    },
    400,
    "Failed to validate scheduler::Call: 'framework_id' differs from 'subscribe.framework_info.id'",
  ],
]

suite('POST /api/v1/scheduler', () => {
  let master: RunningMaster
  before(async () => {
    master = await runMaster('--registry=in_memory', '--allocation_interval=50ms')
  })
  after(() => master.close())

  for (const [what, request, status, text] of refusals) {
    test(`[mesos 29] ${what} is answered with ${status}, as Mesos does`, async () => {
      const response = await fetch(`${master.url}/api/v1/scheduler`, { method: 'POST', ...request })
      assert.equal(response.status, status)
      assert.equal(await response.text(), text)
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.equal(Number(response.headers.get('content-length')), text.length)
    })
  }

  test('a body without a type is answered with 400', async () => {
    const response = await fetch(`${master.url}/master/api/v1/scheduler`, { method: 'POST', body: new Blob(['{}']) })
    assert.deepEqual([response.status, await response.text()], [400, "Expecting 'Content-Type' to be present"])
  })

  for (const encoding of ['application/json', 'application/x-protobuf'] as const satisfies Encoding[]) {
    test(`[mesos 29] [mesos 91] a task lives from offer to acknowledgement, in ${encoding}`, async () => {
      const agent = new FakeAgent(master.port)
      const agentId = await agent.register()
      const s = await new TestScheduler(master.url, encoding).subscribe()
      assert.equal(s.status, 200)
      assert.equal(s.headers.get('content-type'), encoding)
      assert.equal(s.headers.get('transfer-encoding'), 'chunked')
      assert.equal(s.headers.get('content-length'), null)
      const offer = await s.offer()
      const task_id = { value: 't' }
      const resources = [{ name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } } as const]
      const task = { name: 't', task_id, agent_id: offer.agent_id, command: { value: 'true' }, resources }
      const accepted = await s.call({
        type: 'ACCEPT',
        accept: { offer_ids: [offer.id], operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }] },
      })
      assert.equal(accepted.status, 202)
      assert.equal(accepted.headers.get('content-length'), '0')
      assert.equal(
        accepted.headers.get('content-type'),
        null,
        'a type on an empty answer is a decode error for mesos-go',
      )
      const run = await eventually('RUN_TASK', () => agent.received.find((message) => message.run_task)?.run_task)
      assert.deepEqual(run.framework_info.id, s.id)
      const uuid = new Uint8Array(16).fill(9)
      const status = {
        task_id,
        state: 'TASK_FINISHED',
        uuid,
        agent_id: { value: agentId },
        source: 'SOURCE_EXECUTOR',
      } as const
      agent.say({ type: 'STATUS_UPDATE', status_update: { framework_id: s.id, status, latest_state: 'TASK_FINISHED' } })
      const update = await eventually('UPDATE', () => s.events.find((event) => event.update)?.update?.status)
      assert.deepEqual([update.state, Buffer.from(update.uuid ?? [])], ['TASK_FINISHED', Buffer.from(uuid)])
      await s.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id: { value: agentId }, task_id, uuid } })
      const ack = await eventually(
        'the acknowledgement',
        () => agent.received.find((message) => message.status_update_ack)?.status_update_ack,
      )
      assert.deepEqual(Buffer.from(ack.uuid), Buffer.from(uuid))
      assert.equal((await s.call({ type: 'TEARDOWN' })).status, 202)
      await eventually('the end of the stream', () => s.ended)
      agent.close()
      await eventually(
        'the agent to be gone',
        async () => Number((await looseJson(fetch(`${master.url}/state`))).activated_slaves) === 0,
      )
    })
  }

  test('[mesos 31] a second subscription ends the first stream', async () => {
    const first = await new TestScheduler(master.url).subscribe({ failover_timeout: 60 })
    const second = await new TestScheduler(master.url).subscribe({ failover_timeout: 60, id: first.id })
    await eventually('the end of the first stream', () => first.ended)
    assert.equal(first.events.at(-1)?.error?.message, 'Framework failed over')
    assert.deepEqual(second.id, first.id)
    const stale = await first.call({ type: 'REVIVE' })
    assert.equal(stale.status, 400)
    assert.match(await stale.text(), /^The stream ID '.*' included in this request didn't match/)
    await second.call({ type: 'TEARDOWN' })
  })

  test('[mesos 33] a closed connection ends a framework without a failover timeout', async () => {
    const s = await new TestScheduler(master.url).subscribe()
    const { value } = s.id
    s.close()
    await eventually('the framework to be completed', async () => {
      const state = await looseJson(fetch(`${master.url}/frameworks?framework_id=${value}`))
      return Number(state.completed_frameworks?.length) === 1
    })
  })
})
