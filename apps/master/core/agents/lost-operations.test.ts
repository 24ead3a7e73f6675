/** What a framework is told of an operation whose agent is lost before it has answered. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { scalar, World } from '../testing/world.ts'
import type { TestAgent } from '../testing/world.ts'

const markGone = (world: World, { id }: TestAgent): void =>
  void world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: id } } })

const cases: readonly (readonly [string, (world: World, agent: TestAgent) => void, mesos.OperationState, string])[] = [
  [
    'is taken for unreachable',
    (world, { linkId }) => {
      world.silent.add(linkId)
      world.advance(90_000)
    },
    'OPERATION_UNREACHABLE',
    'Agent was marked unreachable',
  ],
  ['is marked gone', markGone, 'OPERATION_GONE_BY_OPERATOR', 'Agent has been marked gone'],
  [
    'leaves',
    (world, { linkId }) => world.say(linkId, { type: 'UNREGISTER' }),
    'OPERATION_GONE_BY_OPERATOR',
    'Agent was removed',
  ],
]

const reserve = (id?: string): mesos.Offer_Operation => ({
  type: 'RESERVE',
  ...(id !== undefined && { id: { value: id } }),
  reserve: {
    resources: [{ ...scalar('cpus', 1, 'r'), reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p' }] }],
  },
})

suite('an operation that waits for an agent that', () => {
  for (const [what, lose, state, message] of cases) {
    test(`[mesos 89] ${what} is told once as ${state}, without a uuid; one without an id is not`, () => {
      const world = new World()
      const agent = world.addAgent()
      const s = world.subscribe({ principal: 'p' })
      world.accept(s, world.offer(s), [reserve('op'), reserve()])
      const told = () =>
        world.eventsOf(s.streamId).flatMap(({ update_operation_status: update }) => (update ? [update.status] : []))
      assert.deepEqual(told(), [])
      lose(world, agent)
      const agent_id = { value: agent.id }
      assert.deepEqual(told(), [{ operation_id: { value: 'op' }, state, message, agent_id }])
    })
  }
})

suite('after a failover, an operation of an agent that is back before its framework', () => {
  const uuid = { value: Uint8Array.of(1) }
  const framework_id = { value: 'f-1' }
  const operation_uuid = { value: Uint8Array.of(2) }
  const status: mesos.OperationStatus = { operation_id: { value: 'op' }, state: 'OPERATION_FINISHED', uuid }

  function started() {
    const world = new World()
    const agent = world.addAgent()
    const operation = { framework_id, info: reserve('op'), latest_status: status, uuid: operation_uuid }
    const { linkId } = world.reregister(agent, { operations: [operation] })
    const operation_status = { framework_id, operation_uuid, status }
    const tell = (): void => world.say(linkId, { type: 'OPERATION_STATUS', operation_status })
    const acks = () => world.toAgent(linkId).flatMap(({ operation_ack }) => (operation_ack ? [operation_ack] : []))
    return { world, agent, tell, acks }
  }

  test('[mesos 89] is not acknowledged for it, told to it once it is there, and acknowledged by it', () => {
    const { world, agent, tell, acks } = started()
    tell()
    assert.deepEqual(acks(), [])
    const s = world.subscribe({ id: framework_id })
    tell()
    const told = world.eventsOf(s.streamId).flatMap(({ update_operation_status: update }) => update?.status.state ?? [])
    assert.deepEqual(told, ['OPERATION_FINISHED'])
    const agent_id = { value: agent.id }
    const acknowledge_operation_status = { agent_id, operation_id: { value: 'op' }, uuid: uuid.value }
    world.call(s, { type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status })
    assert.deepEqual(acks(), [{ operation_uuid, status_uuid: uuid }])
    assert.equal(world.master.agents.get(agent.id)?.operations.size, 0)
  })

  test('[mesos 89] is acknowledged by the master if the framework does not come back within five minutes', () => {
    const { world, tell, acks } = started()
    world.advance(299_999)
    tell()
    assert.deepEqual(acks(), [])
    world.advance(1)
    tell()
    assert.deepEqual(acks(), [{ operation_uuid, status_uuid: uuid }])
  })
})
