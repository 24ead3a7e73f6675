import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { Machine } from '../../hosts/agent/machine.ts'
import { VirtualTime } from '../../kernel/index.ts'
import { VolumeInvariants } from './volume-invariants.ts'

const volumeOf = (id: string): mesos.Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 64 },
  reservations: [{ type: 'DYNAMIC', role: 'r' }],
  disk: { persistence: { id }, volume: { container_path: 'data', mode: 'RW' } },
})

/** A host whose agent applies operations and tells of them. */
class Watched {
  readonly reports: string[] = []
  readonly machine = new Machine('host', { time: new VirtualTime(0), random: createRandom(1) })
  readonly invariants = new VolumeInvariants((invariant) => void this.reports.push(invariant))

  apply(uuid: number, operation: mesos.Offer_Operation): void {
    const operation_uuid = { value: new Uint8Array([uuid]) }
    this.invariants.onApply({ operation, operation_uuid }, this.machine)
  }

  tell(uuid: number, state: mesos.OperationState): void {
    const status = { state }
    const operation_status = { operation_uuid: { value: new Uint8Array([uuid]) }, status, latest_status: status }
    const message: agentLink.AgentMessage = { type: 'OPERATION_STATUS', operation_status }
    this.invariants.onTold(message, this.machine)
  }

  check(...volumes: readonly mesos.Resource[]): readonly string[] {
    this.invariants.check({ total: Resources.fromWire(volumes) }, this.machine)
    return this.reports
  }
}

suite('volumes of an agent', () => {
  const create: mesos.Offer_Operation = { type: 'CREATE', create: { volumes: [volumeOf('v')] } }
  const destroy: mesos.Offer_Operation = { type: 'DESTROY', destroy: { volumes: [volumeOf('v')] } }

  test('one that was told to be made must be there, and one that only might have been made need not', () => {
    const watched = new Watched()
    watched.apply(1, create)
    assert.deepEqual(watched.check(), [])
    watched.tell(1, 'OPERATION_FINISHED')
    assert.deepEqual(watched.check(volumeOf('v')), [])
    assert.deepEqual(watched.check(volumeOf('other')), ['volumes-survive'])
  })

  test('one that was destroyed must not come back, unless it is made anew', () => {
    const watched = new Watched()
    watched.apply(1, create)
    watched.tell(1, 'OPERATION_FINISHED')
    watched.apply(2, destroy)
    assert.deepEqual(watched.check(volumeOf('v')), [])
    watched.tell(2, 'OPERATION_FINISHED')
    watched.tell(1, 'OPERATION_FINISHED')
    assert.deepEqual(watched.check(), [])
    assert.deepEqual(watched.check(volumeOf('v')), ['destroyed-volumes-are-gone'])
    watched.reports.length = 0
    watched.apply(3, create)
    assert.deepEqual(watched.check(volumeOf('v')), [])
  })

  test('of two operations the one that was applied last says what is there', () => {
    const watched = new Watched()
    watched.apply(1, create)
    watched.apply(2, destroy)
    watched.tell(1, 'OPERATION_FINISHED')
    assert.deepEqual(watched.check(), [])
    watched.tell(2, 'OPERATION_FINISHED')
    assert.deepEqual(watched.check(volumeOf('v')), ['destroyed-volumes-are-gone'])
  })

  test('the same one twice, and a new one with old data, are noticed', () => {
    const watched = new Watched()
    watched.invariants.checkOnce('host', Resources.fromWire([volumeOf('v'), volumeOf('w')]))
    assert.deepEqual(watched.reports, [])
    watched.invariants.checkOnce('host', Resources.fromWire([volumeOf('v'), volumeOf('v')]))
    watched.machine.volumes.set('/w/volumes/roles/r/v', [])
    watched.invariants.onMade('/w/volumes/roles/r/v', watched.machine)
    assert.deepEqual(watched.reports, ['volumes-made-once'])
    watched.machine.volumes.set('/w/volumes/roles/r/v', ['task'])
    watched.invariants.onMade('/w/volumes/roles/r/v', watched.machine)
    assert.deepEqual(watched.reports, ['volumes-made-once', 'destroyed-volumes-are-gone'])
  })
})
