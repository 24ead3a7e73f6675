import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, scalar, taskInfo, testConfig } from '../testing/bench-agent.ts'

const reservations = [{ type: 'DYNAMIC' as const, role: 'r', principal: 'p' }]

/** An agent with one more disk, and a volume that takes the whole of it. */
function withDisk(source: mesos.Resource_DiskInfo_Source) {
  const disk: mesos.Resource = { name: 'disk', type: 'SCALAR', scalar: { value: 500 }, disk: { source } }
  const config = testConfig({ resources: [...testConfig().resources, disk] })
  const agent = BenchAgent.registered({ config })
  const volume: mesos.Resource = {
    ...disk,
    reservations,
    disk: { source, persistence: { id: 'v', principal: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
  }
  return { agent, disk: { ...disk, reservations }, volume }
}

function operate(agent: BenchAgent, number: number, operation: mesos.Offer_Operation): void {
  const operation_uuid = { value: new Uint8Array(16).fill(number) }
  agent.master({ type: 'APPLY_OPERATION', apply_operation: { operation, operation_uuid } })
}

/** What is done to directories, in its order. */
const volumeEffects = (agent: BenchAgent) =>
  agent.take().flatMap((effect) => {
    if (effect.type === 'make-volume') return [['make', effect.path]]
    return effect.type === 'remove-volume' ? [['remove', effect.path, effect.keepRoot]] : []
  })

const cases = [
  {
    title: '[mesos 86] a volume on a PATH disk is a directory below its root, which goes with the volume',
    source: { type: 'PATH', path: { root: '/disks/a' } },
    path: '/disks/a/volumes/roles/r/v',
    keepRoot: false,
  },
  {
    title: '[mesos 86] a relative root of a PATH disk lies in the work directory',
    source: { type: 'PATH', path: { root: 'a' } },
    path: '/w/a/volumes/roles/r/v',
    keepRoot: false,
  },
  {
    title: '[mesos 87] a volume on a MOUNT disk is the root of the disk, and only its contents go with the volume',
    source: { type: 'MOUNT', mount: { root: '/mnt/b' } },
    path: '/mnt/b',
    keepRoot: true,
  },
] as const

suite('persistent volumes', () => {
  for (const { title, source, path, keepRoot } of cases) {
    test(title, () => {
      const { agent, disk, volume } = withDisk(source)
      operate(agent, 1, { type: 'RESERVE', reserve: { resources: [disk] } })
      operate(agent, 2, { type: 'CREATE', create: { volumes: [volume] } })
      assert.deepEqual(volumeEffects(agent), [['make', path]])
      const resources = [scalar('cpus', 1), { ...volume, allocation_info: { role: 'r' } }]
      agent.run(taskInfo('t', { resources }))
      const launch = agent.take().find((effect) => effect.type === 'launch')
      assert.ok(launch?.type === 'launch')
      assert.deepEqual(launch.plan.mounts, [{ source: path, target: 'data', readOnly: false, create: true }])
      operate(agent, 3, { type: 'DESTROY', destroy: { volumes: [volume] } })
      assert.deepEqual(volumeEffects(agent), [['remove', path, keepRoot]])
    })
  }

  test('what lies in a destroyed volume goes even if the agent ends before that, unless there is a new one', () => {
    const { agent, disk, volume } = withDisk({ type: 'PATH', path: { root: '/disks/a' } })
    operate(agent, 1, { type: 'RESERVE', reserve: { resources: [disk] } })
    operate(agent, 2, { type: 'CREATE', create: { volumes: [volume] } })
    operate(agent, 3, { type: 'DESTROY', destroy: { volumes: [volume] } })
    agent.take()
    const next = agent.restarted([])
    assert.deepEqual(volumeEffects(next), [['remove', '/disks/a/volumes/roles/r/v', false]])
    next.reregister()
    operate(next, 4, { type: 'CREATE', create: { volumes: [{ ...volume, scalar: { value: 100 } }] } })
    next.take()
    assert.deepEqual(volumeEffects(next.restarted([])), [])
  })

  test('[mesos 87] a MOUNT disk is taken whole or not at all', () => {
    const { agent, disk, volume } = withDisk({ type: 'MOUNT', mount: { root: '/mnt/b' } })
    operate(agent, 1, { type: 'RESERVE', reserve: { resources: [disk] } })
    agent.take()
    operate(agent, 2, { type: 'CREATE', create: { volumes: [{ ...volume, scalar: { value: 100 } }] } })
    const told = agent.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.operation_status ? [effect.message.operation_status.status.state] : [],
    )
    assert.deepEqual(told, ['OPERATION_DROPPED'])
    assert.deepEqual(volumeEffects(agent), [])
    assert.ok(!agent.state.total.toString().includes('v:data'), agent.state.total.toString())
  })
})
