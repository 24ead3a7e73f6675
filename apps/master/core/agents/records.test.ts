import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { master } from '@thermosphere/protocol'
import { World } from '../testing/world.ts'
import type { TestAgent } from '../testing/world.ts'

type Operation = (agent_id: { readonly value: string }) => master.Call

const deactivation: Operation = (agent_id) => ({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } })
const drain: Operation = (agent_id) => ({ type: 'DRAIN_AGENT', drain_agent: { agent_id } })

/** A master that knows the agent from the registry only. */
function startRecovered(): { world: World; agent: TestAgent } {
  const info = { hostname: 'h1', port: 5051, id: { value: 'A' } }
  const record = { info, deactivated: false, drain: undefined, drainStartedAt: 0 }
  const world = new World({ registry: { admitted: new Map([['A', record]]) } })
  return { world, agent: { id: 'A', linkId: 0, info: { ...world.agentInfo(), ...info } } }
}

function startRegistered(): { world: World; agent: TestAgent } {
  const world = new World()
  const agent = world.addAgent(undefined, { hostname: 'h1' })
  return { world, agent }
}

function startUnreachable(): { world: World; agent: TestAgent } {
  const { world, agent } = startRegistered()
  loseAgent(world, agent)
  return { world, agent }
}

function loseAgent(world: World, agent: TestAgent): void {
  world.silent.add(agent.linkId)
  world.advance(90_000)
}

/** A drain waits for its last task, which has ended; nothing is written until the store is released. */
function drainUntilLastTask() {
  const { world, agent } = startRegistered()
  const agent_id = { value: agent.id }
  const s = world.subscribe()
  world.advance(1_000)
  world.run([s, agent, 't'])
  world.operate(drain(agent_id))
  const uuid = world.update([s, agent, 't'], 'TASK_KILLED')
  world.holdStore = true
  return { world, agent, agent_id, endTask: () => world.acknowledge([s, agent, 't'], uuid) }
}

const returns = (world: World, agent: TestAgent): void => void world.reregister(agent)
const givesUp = (world: World): void => world.advance(600_000)

/** What the next leader would read: the lists that have the agent, each with what was said of it. */
const stored = (world: World, id: string): unknown =>
  ['admitted', 'unreachable', 'gone'].flatMap((list) => {
    const value = world.stored.get(`master/agents/${list}/${id}`)
    if (value === undefined) return []
    const { deactivated, drain } = JSON.parse(value) as { deactivated?: boolean; drain?: object }
    return [{ list, deactivated: deactivated ?? false, isDraining: drain !== undefined }]
  })

suite('what an operator says of an agent, while something else of it is being written', () => {
  const cases = [
    ['a registered agent that reconnects', startRegistered, returns, 'admitted'],
    ['a registered agent that is marked unreachable', startRegistered, loseAgent, 'unreachable'],
    ['a recovered agent that returns', startRecovered, returns, 'admitted'],
    ['a recovered agent that is given up', startRecovered, givesUp, 'unreachable'],
    ['an unreachable agent that returns', startUnreachable, returns, 'admitted'],
  ] as const

  for (const [what, begin, happens, list] of cases) {
    for (const order of ['before', 'after'] as const) {
      test(`is kept ${order === 'before' ? 'when it was said first' : 'when it is said then'}: ${what}`, () => {
        const { world, agent } = begin()
        world.holdStore = true
        if (order === 'after') happens(world, agent)
        world.operate(deactivation({ value: agent.id }))
        if (order === 'before') happens(world, agent)
        world.releaseStore()
        assert.deepEqual(stored(world, agent.id), [{ list, deactivated: true, isDraining: false }])
        const { agents, unreachableAgents } = world.master
        assert.equal((agents.get(agent.id) ?? unreachableAgents.get(agent.id))?.deactivated, true)
      })
    }
  }

  test('a deactivation leaves a drain as it is that is still being written', () => {
    const { world, agent } = startRecovered()
    world.holdStore = true
    world.operate(drain({ value: agent.id }))
    world.operate(deactivation({ value: agent.id }))
    world.releaseStore()
    assert.deepEqual(stored(world, agent.id), [{ list: 'admitted', deactivated: true, isDraining: true }])
  })

  test('[mesos 14] an agent is drained once that is written, and not used again before', () => {
    const { world, agent, agent_id, endTask } = drainUntilLastTask()
    endTask()
    assert.equal(world.master.agents.get(agent.id)?.drain?.state, 'DRAINING')
    const early = world.operate({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })
    assert.equal(early?.text, 'Agent is still in the DRAINING state')
    world.reregister(agent)
    world.releaseStore()
    assert.equal(world.master.agents.get(agent.id)?.drain?.state, 'DRAINED')
  })

  test('[mesos 16] a drain that is to end in gone does so, though the last task ends while it is being written', () => {
    const { world, agent, agent_id, endTask } = drainUntilLastTask()
    world.operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id, mark_gone: true } })
    endTask()
    world.releaseStore()
    assert.deepEqual(stored(world, agent.id), [{ list: 'gone', deactivated: false, isDraining: false }])
  })

  for (const [name, operation] of [
    ['deactivated', deactivation],
    ['drained', drain],
  ] as const) {
    test(`an agent that is being marked gone is not ${name}`, () => {
      const { world, agent } = startRegistered()
      world.holdStore = true
      world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } })
      const reply = world.operate(operation({ value: agent.id }))
      assert.deepEqual(reply, { status: 409, text: 'Agent is currently being marked gone' })
      world.releaseStore()
      assert.deepEqual(stored(world, agent.id), [{ list: 'gone', deactivated: false, isDraining: false }])
    })
  }
})
