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
