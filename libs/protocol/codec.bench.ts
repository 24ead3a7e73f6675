/**
 * Compares our codecs with protobufjs (its generated code) and with plain JSON.parse/JSON.stringify.
 * Run `node libs/protocol/codec.bench.ts`; each figure is the median of several rounds on this machine.
 */
import { decodeJson, decodeProtobuf, encodeJson, encodeProtobuf } from './codec.ts'
import type { WireName } from './codec.ts'
import { loadSchema } from './generate.ts'
import type * as mesos from './wire/mesos.gen.ts'
import type { WireTypes } from './wire/wire-types.gen.ts'

const ROUNDS = 7
const ROUND_MS = 120

/** Microseconds a call. */
function measure(run: () => unknown): number {
  const results: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    let count = 0
    let elapsed = 0
    for (; elapsed < ROUND_MS; elapsed = performance.now() - start) {
      for (let index = 0; index < 10; index += 1) run()
      count += 10
    }
    results.push((elapsed * 1000) / count)
  }
  return results.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN
}

const scalar = (name: string, value: number): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  role: '*',
  allocation_info: { role: 'eng' },
})

const ports: mesos.Resource = {
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin: 31000, end: 32000 }] },
  role: '*',
  allocation_info: { role: 'eng' },
}

function offer(index: number): mesos.Offer {
  return {
    id: { value: `a1417ac8-2124-416f-a1f8-24c24701c11d-O${index}` },
    framework_id: { value: 'a1417ac8-2124-416f-a1f8-24c24701c11d-0004' },
    agent_id: { value: `a1417ac8-2124-416f-a1f8-24c24701c11d-S${index}` },
    hostname: `agent-${index}.example.com`,
    url: { scheme: 'http', address: { hostname: `agent-${index}`, ip: '10.0.0.1', port: 5051 }, path: '/slave(1)' },
    resources: [scalar('cpus', 3.5), scalar('mem', 8192), scalar('disk', 10000), ports],
    attributes: [{ name: 'rack', type: 'TEXT', text: { value: `r${index % 10}` } }],
    allocation_info: { role: 'eng' },
  }
}

const status: mesos.TaskStatus = {
  task_id: { value: 'web.1b7cd0f2-c677-11f0-a0b5-024200000001' },
  state: 'TASK_RUNNING',
  source: 'SOURCE_EXECUTOR',
  agent_id: { value: 'a1417ac8-2124-416f-a1f8-24c24701c11d-S0' },
  executor_id: { value: 'web.1b7cd0f2-c677-11f0-a0b5-024200000001' },
  timestamp: 1795221917.717264,
  uuid: Uint8Array.from({ length: 16 }, (_, index) => index * 16),
  container_status: {
    container_id: { value: 'e7e8cd76-9ff9-4df5-a9ac-15b2a0c490bc' },
    network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] }],
    executor_pid: 20766,
  },
}

const task: mesos.TaskInfo = {
  name: 'web',
  task_id: { value: 'web.1b7cd0f2-c677-11f0-a0b5-024200000001' },
  agent_id: { value: 'a1417ac8-2124-416f-a1f8-24c24701c11d-S0' },
  resources: [scalar('cpus', 0.1), scalar('mem', 64), scalar('disk', 0), ports],
  command: {
    value: 'exec ./server --port $PORT0',
    shell: true,
    uris: [{ value: 'http://repo.example.com/server.tar.gz', extract: true }],
    environment: {
      variables: Array.from({ length: 12 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `value ${index}` })),
    },
  },
  labels: { labels: [{ key: 'owner', value: 'eng' }] },
}

function scenario<Name extends WireName>(label: string, name: Name, value: WireTypes[Name]) {
  return { label, name, value }
}

const scenarios = [
  scenario('OFFERS, 100 offers', 'mesos.v1.scheduler.Event', {
    type: 'OFFERS',
    offers: { offers: Array.from({ length: 100 }, (_, index) => offer(index)) },
  }),
  scenario('UPDATE', 'mesos.v1.scheduler.Event', { type: 'UPDATE', update: { status } }),
  scenario('ACCEPT, LAUNCH', 'mesos.v1.scheduler.Call', {
    type: 'ACCEPT',
    framework_id: { value: 'a1417ac8-2124-416f-a1f8-24c24701c11d-0004' },
    accept: { offer_ids: [{ value: 'O1' }], operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }] },
  }),
]

const root = loadSchema()
const format = (value: number): string => value.toFixed(value < 10 ? 2 : 0).padStart(8)

function report(label: string, ours: () => unknown, theirs: () => unknown): void {
  const [own, other] = [measure(ours), measure(theirs)]
  console.log(`${label.padEnd(44)}${format(own)} ${format(other)}   ${(other / own).toFixed(2)}x`)
}

console.log(`${'µs a message'.padEnd(44)}    ours    other   ours is faster by`)
for (const { label, name, value } of scenarios) {
  const type = root.lookupType(name)
  const bytes = encodeProtobuf(name, value)
  const text = encodeJson(name, value)
  const foreign = type.decode(bytes)
  report(
    `${label}: protobuf encode / protobufjs`,
    () => encodeProtobuf(name, value),
    () => type.encode(foreign).finish(),
  )
  report(
    `${label}: protobuf decode / protobufjs`,
    () => decodeProtobuf(name, bytes),
    () => type.decode(bytes),
  )
  report(
    `${label}: …with names / protobufjs toObject`,
    () => decodeProtobuf(name, bytes),
    () => type.toObject(type.decode(bytes), { enums: String, longs: Number }),
  )
  const plain: unknown = JSON.parse(text)
  report(
    `${label}: JSON encode / stringify`,
    () => encodeJson(name, value),
    () => JSON.stringify(plain),
  )
  report(
    `${label}: JSON decode / parse`,
    () => decodeJson(name, text),
    () => JSON.parse(text),
  )
}
