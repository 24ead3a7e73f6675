import { eventually } from '@thermosphere/test-kit'
import { decodeJson, decodeProtobuf, encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { master as wire, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { FakeAgent, runMaster, TestScheduler } from '../../testing/running-master.ts'
import type { Encoding, RunningMaster } from '../../testing/running-master.ts'

const capabilities = ['MULTI_ROLE', 'RESERVATION_REFINEMENT', 'RESIZE_VOLUME', 'AGENT_DRAINING'] as const
const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })
const disk = (value: number): mesos.Resource => ({
  ...scalar('disk', value),
  reservations: [{ type: 'DYNAMIC', role: 'ops' }],
})
const volume = (value: number): mesos.Resource => ({
  ...disk(value),
  disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } },
})
const machine = { hostname: 'm', ip: '10.0.0.1' }
const cpus = { cpus: { value: 1 } }

type Ids = { readonly agent_id: mesos.AgentID; readonly framework_id: mesos.FrameworkID }

/** Each call that has to say more than its type, what is answered, and the member of the answer if there is one. */
const calls: readonly (readonly [(ids: Ids) => wire.Call, number, (keyof wire.Response)?])[] = [
  [() => ({ type: 'GET_METRICS', get_metrics: {} }), 200, 'get_metrics'],
  [() => ({ type: 'LIST_FILES', list_files: { path: '/master/log' } }), 200, 'list_files'],
  [() => ({ type: 'READ_FILE', read_file: { path: '/master/log', offset: 0 } }), 200, 'read_file'],
  [() => ({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 1, duration: { nanoseconds: 1e9 } } }), 200],
  [() => ({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'ops', weight: 2 }] } }), 200],
  [({ agent_id }) => ({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [disk(100)] } }), 202],
  [({ agent_id }) => ({ type: 'CREATE_VOLUMES', create_volumes: { agent_id, volumes: [volume(10)] } }), 202],
  [({ agent_id }) => ({ type: 'GROW_VOLUME', grow_volume: { agent_id, volume: volume(10), addition: disk(10) } }), 202],
  [
    ({ agent_id }) => ({
      type: 'SHRINK_VOLUME',
      shrink_volume: { agent_id, volume: volume(20), subtract: { value: 5 } },
    }),
    202,
  ],
  [({ agent_id }) => ({ type: 'DESTROY_VOLUMES', destroy_volumes: { agent_id, volumes: [volume(15)] } }), 202],
  [({ agent_id }) => ({ type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id, resources: [disk(100)] } }), 202],
  [
    () => ({
      type: 'UPDATE_MAINTENANCE_SCHEDULE',
      update_maintenance_schedule: {
        schedule: { windows: [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1 } } }] },
      },
    }),
    200,
  ],
  [() => ({ type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } }), 200],
  [() => ({ type: 'STOP_MAINTENANCE', stop_maintenance: { machines: [machine] } }), 200],
  [
    () => ({
      type: 'UPDATE_QUOTA',
      update_quota: { quota_configs: [{ role: 'ops', guarantees: cpus, limits: cpus }] },
    }),
    200,
  ],
  [() => ({ type: 'REMOVE_QUOTA', remove_quota: { role: 'ops' } }), 200],
  [() => ({ type: 'SET_QUOTA', set_quota: { quota_request: { role: 'ops', guarantee: [scalar('cpus', 1)] } } }), 200],
  [({ agent_id }) => ({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } }), 200],
  [({ agent_id }) => ({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } }), 200],
  [({ framework_id }) => ({ type: 'TEARDOWN', teardown: { framework_id } }), 200],
  [({ agent_id }) => ({ type: 'DRAIN_AGENT', drain_agent: { agent_id, max_grace_period: { seconds: 1 } } }), 200],
  [({ agent_id }) => ({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } }), 200],
]

const name = 'mesos.v1.master.Call'

for (const encoding of ['application/json', 'application/x-protobuf'] as const satisfies Encoding[]) {
  suite(`[mesos 213] operator calls in ${encoding}`, () => {
    const isJson = encoding === 'application/json'
    let master: RunningMaster
    let agent: FakeAgent
    let scheduler: TestScheduler
    let ids: Ids
    before(async () => {
      master = await runMaster('--registry=in_memory', `--external_log_file=${import.meta.filename}`)
      agent = new FakeAgent(master.port)
      const resources = [scalar('cpus', 4), scalar('mem', 1024), scalar('disk', 1000)]
      const agent_info = { hostname: 'h', port: 5051, resources }
      const register = { agent_info, version: '1.12.0', capabilities: capabilities.map((type) => ({ type })) }
      agent.say({ type: 'REGISTER', register })
      const registered = await eventually('REGISTERED', () => agent.received.find((message) => message.registered))
      scheduler = await new TestScheduler(master.url).subscribe()
      ids = { agent_id: registered.registered?.agent_id ?? { value: '' }, framework_id: scheduler.id }
    })
    after(async () => {
      scheduler.close()
      agent.close()
      await master.close()
    })
    const send = (body: Buffer<ArrayBuffer>): Promise<Response> =>
      fetch(`${master.url}/api/v1`, {
        method: 'POST',
        headers: { 'Content-Type': encoding, Accept: encoding },
        body,
      })
    const bodyOf = (call: wire.Call): Buffer<ArrayBuffer> =>
      Buffer.from(isJson ? encodeJson(name, call) : encodeProtobuf(name, call))

    for (const [make, status, member] of calls) {
      const { type = 'UNKNOWN' } = make({ agent_id: { value: '' }, framework_id: { value: '' } })
      test(`${type} without its member is told what is missing`, async () => {
        const response = await send(bodyOf({ type }))
        const missing = `Expecting '${type.toLowerCase()}' to be present`
        assert.deepEqual([response.status, await response.text()], [400, `Failed to validate master::Call: ${missing}`])
      })

      test(`${type} is answered with ${status}`, async () => {
        const response = await send(bodyOf(make(ids)))
        const body = Buffer.from(await response.arrayBuffer())
        assert.equal(response.status, status, body.toString())
        if (member === undefined) return assert.equal(body.length, 0)
        const answer = 'mesos.v1.master.Response'
        const decoded = isJson ? decodeJson(answer, body) : decodeProtobuf(answer, body)
        assert.equal(decoded.type, type)
        assert.ok(decoded[member])
      })
    }
  })
}
