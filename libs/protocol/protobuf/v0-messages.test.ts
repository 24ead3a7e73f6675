/** The bytes are those that the Go driver (mesos-go, v0) writes for the same messages. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../codec.ts'
import type { WireName } from '../codec.ts'
import { messageNames } from '../schema.ts'
import type { WireTypes } from '../wire/wire-types.gen.ts'

type Sample = { [Name in WireName]: readonly [Name, WireTypes[Name], string] }[WireName]

const framework_id = { value: 'F' }
const slave_id = { value: 'S' }
const task_id = { value: 'T' }
const executor_id = { value: 'E' }
const offer_id = { value: 'O' }
const uuid = Uint8Array.of(7)
const data = Uint8Array.of(8)
const framework = { user: 'u', name: 'n', id: framework_id, failover_timeout: 1.5, checkpoint: true }
const task = { name: 't', task_id, agent_id: slave_id, data: Uint8Array.of(1) }
const status = { task_id, state: 'TASK_RUNNING', agent_id: slave_id, uuid } as const
const update = {
  framework_id,
  executor_id,
  slave_id,
  status,
  timestamp: 2.5,
  uuid,
  latest_state: 'TASK_FINISHED',
} as const
const master_info = { id: 'M', ip: 16_777_343, port: 5050, pid: 'master@127.0.0.1:5050' }
const slave_info = { hostname: 'h', id: slave_id, port: 5051 }
const executor_info = { executor_id, framework_id, command: { value: 'c' } }
const pid = 'slave(1)@127.0.0.1:5051'
const offer = { id: offer_id, framework_id, agent_id: slave_id, hostname: 'h' }

const frameworkHex = '0a017512016e1a030a014621000000000000f83f2801'
const taskHex = '0a017412030a01541a030a0153320101'
const updateHex = '0a030a014612030a01451a030a0153220f0a030a015410012a030a01535a01072900000000000004403201073802'
const registeredHex = '0a030a014612220a014d10ff80800818ba2722156d6173746572403132372e302e302e313a35303530'
const slaveInfoHex = '0a016832030a015340bb27'
const pidHex = '736c617665283129403132372e302e302e313a35303531'
const dataHex = '0a030a015312030a01461a030a0145220108'

const samples: readonly Sample[] = [
  ['mesos.internal.RegisterFrameworkMessage', { framework }, `0a16${frameworkHex}`],
  ['mesos.internal.ReregisterFrameworkMessage', { framework, failover: true }, `1216${frameworkHex}1801`],
  ['mesos.internal.UnregisterFrameworkMessage', { framework_id }, '0a030a0146'],
  ['mesos.internal.DeactivateFrameworkMessage', { framework_id }, '0a030a0146'],
  [
    'mesos.internal.ResourceRequestMessage',
    { framework_id, requests: [{ agent_id: slave_id }] },
    '0a030a014612050a030a0153',
  ],
  [
    'mesos.internal.LaunchTasksMessage',
    { framework_id, tasks: [task], filters: { refuse_seconds: 3 }, offer_ids: [offer_id] },
    `0a030a01461a10${taskHex}2a0909000000000000084032030a014f`,
  ],
  ['mesos.internal.ReviveOffersMessage', { framework_id }, '0a030a0146'],
  [
    'mesos.internal.ReconcileTasksMessage',
    { framework_id, statuses: [status] },
    '0a030a0146120f0a030a015410012a030a01535a0107',
  ],
  ['mesos.internal.FrameworkRegisteredMessage', { framework_id, master_info }, registeredHex],
  ['mesos.internal.FrameworkReregisteredMessage', { framework_id, master_info }, registeredHex],
  [
    'mesos.internal.ResourceOffersMessage',
    { offers: [offer], pids: [pid] },
    `0a120a030a014f12030a01461a030a01532201681217${pidHex}`,
  ],
  ['mesos.internal.RescindResourceOfferMessage', { offer_id }, '0a030a014f'],
  ['mesos.internal.LostSlaveMessage', { slave_id }, '0a030a0153'],
  [
    'mesos.internal.ExitedExecutorMessage',
    { slave_id, framework_id, executor_id, status: -1 },
    '0a030a015312030a01461a030a014520ffffffffffffffffff01',
  ],
  ['mesos.internal.FrameworkErrorMessage', { message: 'no' }, '12026e6f'],
  ['mesos.internal.KillTaskMessage', { framework_id, task_id }, '0a030a014612030a0154'],
  ['mesos.internal.StatusUpdateMessage', { update, pid }, `0a2e${updateHex}1217${pidHex}`],
  [
    'mesos.internal.StatusUpdateAcknowledgementMessage',
    { slave_id, framework_id, task_id, uuid },
    '0a030a015312030a01461a030a0154220107',
  ],
  ['mesos.internal.FrameworkToExecutorMessage', { slave_id, framework_id, executor_id, data }, dataHex],
  ['mesos.internal.ExecutorToFrameworkMessage', { slave_id, framework_id, executor_id, data }, dataHex],
  ['mesos.internal.RegisterExecutorMessage', { framework_id, executor_id }, '0a030a014612030a0145'],
  [
    'mesos.internal.ReregisterExecutorMessage',
    { executor_id, framework_id, tasks: [task], updates: [update] },
    `0a030a014512030a01461a10${taskHex}222e${updateHex}`,
  ],
  [
    'mesos.internal.ExecutorRegisteredMessage',
    { executor_info, framework_id, framework_info: framework, slave_id, slave_info },
    `120f0a030a01453a031a016342030a01461a030a01462216${frameworkHex}2a030a0153320b${slaveInfoHex}`,
  ],
  ['mesos.internal.ExecutorReregisteredMessage', { slave_id, slave_info }, `0a030a0153120b${slaveInfoHex}`],
  ['mesos.internal.ReconnectExecutorMessage', { slave_id }, '0a030a0153'],
  [
    'mesos.internal.RunTaskMessage',
    { framework_id, framework, pid: 'p', task },
    `0a030a01461216${frameworkHex}1a01702210${taskHex}`,
  ],
  ['mesos.internal.ShutdownExecutorMessage', { executor_id, framework_id }, '0a030a014512030a0146'],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'SUBSCRIBE', subscribe: { framework_info: framework, force: true } },
    `0a030a014610011a1a0a16${frameworkHex}1001`,
  ],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'KILL', kill: { task_id, agent_id: slave_id } },
    '0a030a01461006320a0a030a015412030a0153',
  ],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'ACKNOWLEDGE', acknowledge: { agent_id: slave_id, task_id, uuid } },
    '0a030a01461008420d0a030a015312030a01541a0107',
  ],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'RECONCILE', reconcile: { tasks: [{ task_id, agent_id: slave_id }] } },
    '0a030a014610094a0c0a0a0a030a015412030a0153',
  ],
  [
    'mesos.scheduler.Call',
    { framework_id, type: 'MESSAGE', message: { agent_id: slave_id, executor_id, data } },
    '0a030a0146100a520d0a030a015312030a01451a0108',
  ],
]

suite('messages of drivers', () => {
  for (const [name, message, hex] of samples) {
    test(`${name} is read and written as the Go driver does: ${hex.slice(0, 20)}`, () => {
      assert.deepEqual(decodeProtobuf(name, Buffer.from(hex, 'hex')), message)
      const written = encodeProtobuf<WireName>(name, message)
      assert.deepEqual(decodeProtobuf(name, written), message)
      assert.equal(Buffer.from(written).length, hex.length / 2)
    })
  }

  test('are all tried, but for the one that the Go driver does not have', () => {
    const tried = new Set<string>(samples.map(([name]) => name))
    const untried = messageNames().filter((name) => name.startsWith('mesos.internal.') && !tried.has(name))
    assert.deepEqual(untried, ['mesos.internal.StatusUpdate', 'mesos.internal.RunTaskGroupMessage'])
  })
})
