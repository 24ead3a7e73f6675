import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { BenchAgent, testConfig } from '../testing/bench-agent.ts'

type Source = mesos.Resource_DiskInfo_Source

function diskOf(source: Source): mesos.Resource {
  return { name: 'disk', type: 'SCALAR', scalar: { value: 64 }, disk: { source } }
}

const reservedOf = (source: Source): mesos.Resource => ({
  ...diskOf(source),
  reservations: [{ type: 'DYNAMIC', role: 'r' }],
})

const volumeOf = (source: Source): mesos.Resource => ({
  ...reservedOf(source),
  disk: { source, persistence: { id: 'v' }, volume: { container_path: 'data', mode: 'RW' } },
})

function agentWith(source: Source): BenchAgent {
  const { resources } = testConfig()
  return BenchAgent.registered({ config: testConfig({ resources: [...resources, diskOf(source)] }) })
}

function operate(agent: BenchAgent, operation: mesos.Offer_Operation, number: number): void {
  const operation_uuid = { value: new Uint8Array(16).fill(number) }
  agent.master({ type: 'APPLY_OPERATION', apply_operation: { operation, operation_uuid } })
}

suite('a volume on a disk of its own', () => {
  const cases: readonly (readonly [string, Source, string, boolean])[] = [
    ['[mesos 86] PATH', { type: 'PATH', path: { root: '/disks/a' } }, '/disks/a/volumes/roles/r/v', false],
    ['[mesos 86] relative PATH', { type: 'PATH', path: { root: 'a' } }, '/w/a/volumes/roles/r/v', false],
    ['[mesos 87] MOUNT', { type: 'MOUNT', mount: { root: '/mnt/b' } }, '/mnt/b', true],
  ]
  for (const [kind, source, path, keepRoot] of cases) {
    test(`${kind}: its directory is made there, and on DESTROY its data goes${keepRoot ? ' but not the root' : ''}`, () => {
      const agent = agentWith(source)
      operate(agent, { type: 'RESERVE', reserve: { resources: [reservedOf(source)] } }, 1)
      operate(agent, { type: 'CREATE', create: { volumes: [volumeOf(source)] } }, 2)
      const made = agent.take().filter(({ type }) => type === 'make-volume')
      assert.deepEqual(
        made.map((effect) => effect.type === 'make-volume' && effect.path),
        [path],
      )
      operate(agent, { type: 'DESTROY', destroy: { volumes: [volumeOf(source)] } }, 3)
      const removed = agent.take().flatMap((effect) => (effect.type === 'remove-volume' ? [effect] : []))
      assert.deepEqual(
        removed.map((effect) => [effect.path, effect.keepRoot]),
        [[path, keepRoot]],
      )
    })
  }

  test('[mesos 87] takes a MOUNT disk whole: half of it is not made', () => {
    const source: Source = { type: 'MOUNT', mount: { root: '/mnt/b' } }
    const agent = agentWith(source)
    operate(agent, { type: 'RESERVE', reserve: { resources: [reservedOf(source)] } }, 1)
    agent.take()
    const half = { ...volumeOf(source), scalar: { value: 32 } }
    operate(agent, { type: 'CREATE', create: { volumes: [half] } }, 2)
    assert.equal(
      agent.effects.some(({ type }) => type === 'make-volume'),
      false,
    )
    const told = agent.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.operation_status ? [effect.message.operation_status.status.state] : [],
    )
    assert.deepEqual(told, ['OPERATION_DROPPED'])
  })
})
