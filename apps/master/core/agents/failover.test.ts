import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { World } from '../testing/world.ts'
import type { AgentRecord, Reply } from '../index.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'

const record = (port: number): AgentRecord => ({
  info: { hostname: 'h', port },
  deactivated: false,
  drain: undefined,
  drainStartedAt: 0,
})
const admitted = (...ids: string[]): Map<string, AgentRecord> =>
  new Map(ids.map((id, index) => [id, record(5051 + index)]))

/** An agent of the registry comes back. */
const comeBack = (world: World, id: string, port: number): TestAgent =>
  world.reregister({ id, linkId: 0, info: { ...world.agentInfo('cpus:1;mem:64', { port }), id: { value: id } } })

const unreachable = (world: World): string[] => [...world.master.unreachableAgents.keys()]

const answersTo = (world: World, s: Scheduler, agentId: string | undefined): (string | undefined)[] => {
  const before = world.statuses(s).length
  const task = { task_id: { value: 'x' }, ...(agentId !== undefined && { agent_id: { value: agentId } }) }
  world.call(s, { type: 'RECONCILE', reconcile: { tasks: [task] } })
  return world
    .statuses(s)
    .slice(before)
    .map(({ state }) => state)
}

suite('the limits of removal', () => {
  test('[mesos 9] the rate limit spreads the removal of agents that did not return after a failover', () => {
    const config = { agentRemovalRateLimit: { count: 1, perMs: 60_000 } }
    const world = new World({ registry: { admitted: admitted('A', 'B', 'C') }, config })
    world.advance(600_000)
    assert.deepEqual(unreachable(world), ['A'])
    world.advance(59_999)
    assert.deepEqual(unreachable(world), ['A'])
    world.advance(1)
    assert.deepEqual(unreachable(world), ['A', 'B'])
    comeBack(world, 'C', 5053)
    world.advance(600_000)
    assert.deepEqual(unreachable(world), ['A', 'B'], 'one that returns while it waits stays')
    assert.equal(world.master.counters.get('master/slave_unreachable_canceled'), 1)
  })

  test('[mesos 8] an agent that answers a ping while it waits for the limiter stays', () => {
    const world = new World({ config: { agentRemovalRateLimit: { count: 1, perMs: 600_000 } } })
    const [first, second] = [world.addAgent(undefined, { port: 1 }), world.addAgent(undefined, { port: 2 })]
    for (const { linkId } of [first, second]) world.silent.add(linkId)
    world.advance(90_000)
    assert.deepEqual(unreachable(world), [first.id])
    world.silent.delete(second.linkId)
    world.advance(15_000)
    world.advance(600_000)
    assert.deepEqual(unreachable(world), [first.id])
  })

  test('[mesos 8] an agent that is silent until its turn comes is removed then', () => {
    const world = new World({ config: { agentRemovalRateLimit: { count: 2, perMs: 60_000 } } })
    const agents = [1, 2, 3].map((port) => world.addAgent(undefined, { port }))
    for (const { linkId } of agents) world.silent.add(linkId)
    world.advance(90_000)
    assert.equal(unreachable(world).length, 1)
    world.advance(60_000)
    assert.deepEqual(
      unreachable(world),
      agents.map(({ id }) => id),
    )
  })

  for (const [missing, limit, givesUp] of [
    [2, 1, false],
    [1, 0.5, false],
    [2, 0.5, true],
    [1, 0.4, true],
  ] as const) {
    test(`[mesos 10] ${missing} of 2 agents missing with a limit of ${limit}: ${givesUp ? 'exits' : 'goes on'}`, () => {
      const registry = { admitted: admitted('A', 'B') }
      const world = new World({ registry, config: { recoveryAgentRemovalLimit: limit } })
      if (missing === 1) comeBack(world, 'A', 5051)
      world.advance(600_000)
      assert.equal(world.gaveUp !== undefined, givesUp)
      assert.equal(unreachable(world).length, givesUp ? 0 : missing)
      if (givesUp)
        assert.match(world.gaveUp ?? '', new RegExp(`^${missing} of 2 agents .*--recovery_agent_removal_lim`))
    })
  }
})

const markGone = (world: World, id: string): Reply | undefined =>
  world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: id } } })

/** The lists of the registry that have the agent. */
const listsOf = (world: World, id: string): string[] =>
  ['admitted', 'unreachable', 'gone'].filter((list) => world.stored.has(`master/agents/${list}/${id}`))

const told = (world: World, { linkId }: TestAgent): (string | undefined)[] =>
  world.toAgent(linkId).map(({ type }) => type)

suite('one change of an agent in the registry at a time', () => {
  test('an agent whose return is being written when its time is up is not given up', () => {
    const world = new World({ registry: { admitted: admitted('A') }, config: { recoveryAgentRemovalLimit: 0 } })
    world.holdStore = true
    const back = comeBack(world, 'A', 5051)
    world.advance(600_000)
    world.releaseStore()
    assert.equal(world.gaveUp, undefined)
    assert.equal(told(world, back)[0], 'REREGISTERED')
    assert.deepEqual(listsOf(world, 'A'), ['admitted'])
  })

  test('nor is one that waits for the limiter of removals', () => {
    const config = { agentRemovalRateLimit: { count: 1, perMs: 60_000 } }
    const world = new World({ registry: { admitted: admitted('A', 'B') }, config })
    world.advance(600_000)
    world.holdStore = true
    comeBack(world, 'B', 5052)
    world.advance(60_000)
    world.releaseStore()
    assert.deepEqual(unreachable(world), ['A'])
    assert.deepEqual(listsOf(world, 'B'), ['admitted'])
  })

  test('an agent that returns while it is being given up is sent away, and returns as one that was lost', () => {
    const world = new World({ registry: { admitted: admitted('A') } })
    world.holdStore = true
    world.advance(600_000)
    const early = comeBack(world, 'A', 5051)
    assert.ok(world.closedLinks.has(early.linkId))
    world.releaseStore()
    assert.deepEqual([unreachable(world), listsOf(world, 'A')], [['A'], ['unreachable']])
    assert.equal(told(world, comeBack(world, 'A', 5051))[0], 'REREGISTERED')
    assert.deepEqual([unreachable(world), listsOf(world, 'A')], [[], ['admitted']])
  })

  test('an agent that returns while it is being marked gone stays gone', () => {
    const world = new World({ registry: { admitted: admitted('A') } })
    world.holdStore = true
    markGone(world, 'A')
    const early = comeBack(world, 'A', 5051)
    world.releaseStore()
    assert.deepEqual(told(world, early), [])
    assert.equal(world.master.agents.has('A'), false)
    assert.deepEqual(listsOf(world, 'A'), ['gone'])
    assert.deepEqual(told(world, comeBack(world, 'A', 5051)), ['SHUTDOWN'])
  })

  test('an agent whose return is being written cannot be marked gone before that is through', () => {
    const world = new World({ registry: { admitted: admitted('A') } })
    world.holdStore = true
    comeBack(world, 'A', 5051)
    assert.deepEqual(markGone(world, 'A'), { status: 503, text: "Agent 'A' is currently in transition: returning" })
    world.releaseStore()
    assert.equal(markGone(world, 'A')?.status, 200)
    assert.deepEqual(listsOf(world, 'A'), ['gone'])
  })
})

suite('reconciliation while agents are missing', () => {
  for (const [what, agentId, during, after] of [
    ['of an agent that is awaited', 'A', [], ['TASK_UNREACHABLE']],
    ['of no agent in particular', undefined, [], ['TASK_UNKNOWN']],
    ['of an agent that nobody knows', 'Z', ['TASK_UNKNOWN'], ['TASK_UNKNOWN']],
    ['of an agent that is back', 'B', ['TASK_GONE'], ['TASK_GONE']],
  ] as const) {
    test(`[mesos 102] a task ${what}: ${during.join() || 'silence'}, then ${after.join()}`, () => {
      const world = new World({ registry: { admitted: admitted('A', 'B') } })
      const s = world.subscribe()
      comeBack(world, 'B', 5052)
      assert.deepEqual(answersTo(world, s, agentId), during)
      world.advance(600_000)
      assert.deepEqual(answersTo(world, s, agentId), after)
    })
  }
})

suite('the identity of a term', () => {
  test('[mesos 198] a scheduler returns under its id before any agent does, and its deadline runs from then on', () => {
    const world = new World({ registry: { admitted: admitted('A') } })
    const s = world.subscribe({ id: { value: 'old-0000' }, failover_timeout: 30 })
    assert.equal(s.id, 'old-0000')
    world.disconnect(s)
    world.advance(29_000)
    assert.equal(world.master.frameworks.has('old-0000'), true)
    world.advance(1_000)
    assert.equal(world.master.frameworks.has('old-0000'), false)
  })

  test('the election is told apart from the start of the process, and the last agent ends the recovery', () => {
    const world = new World({ registry: { admitted: admitted('A', 'B') } })
    const ends = (): number => world.notes.filter(({ event }) => event === 'agents.reregistered').length
    world.advance(3_000)
    comeBack(world, 'A', 5051)
    assert.equal(ends(), 0)
    comeBack(world, 'B', 5052)
    assert.equal(ends(), 1)
    const fields = world.notes.find(({ event }) => event === 'agents.reregistered')?.fields
    assert.deepEqual(fields, { agentCount: 2, durationMs: 3_000 })
  })
})

suite('the registry when agents come back', () => {
  const info = { hostname: 'h', port: 5051 }
  const registry = { admitted: new Map([['A', { ...record(5051), info: { ...info, id: { value: 'A' } } }]]) }
  const comeBackAs = (world: World, change: Partial<typeof info>): void =>
    void world.reregister({ id: 'A', linkId: 0, info: { ...info, ...change, id: { value: 'A' } } })

  test('an agent that is what the registry says is welcome at once, and nothing is written', () => {
    const world = new World({ registry })
    world.holdStore = true
    comeBackAs(world, {})
    assert.equal(world.master.agents.get('A')?.connected, true)
    assert.deepEqual([...world.stored.keys()], [])
    comeBackAs(world, {})
    assert.deepEqual([...world.stored.keys()], [], 'the same holds for one that this master knows')
  })

  test('an agent that has changed is welcome once the registry has it', () => {
    const world = new World({ registry })
    world.holdStore = true
    comeBackAs(world, { port: 5052 })
    assert.equal(world.master.agents.has('A'), false)
    world.releaseStore()
    assert.equal(world.master.agents.get('A')?.connected, true)
    assert.match(world.stored.get('master/agents/admitted/A') ?? '', /"port":5052/)
    world.stored.clear()
    comeBackAs(world, { port: 5053 })
    assert.match(world.stored.get('master/agents/admitted/A') ?? '', /"port":5053/)
  })

  test('a new agent takes the place of the one that was at its address last, not of one that has moved', () => {
    const world = new World()
    const moved = world.addAgent(undefined, { port: 5051 })
    world.reregister({ ...moved, info: { ...moved.info, port: 5052 } })
    const second = world.addAgent(undefined, { port: 5051 })
    assert.deepEqual([...world.master.agents.keys()], [moved.id, second.id])
    const third = world.addAgent(undefined, { port: 5052 })
    assert.deepEqual([...world.master.agents.keys()], [second.id, third.id])
  })
})
