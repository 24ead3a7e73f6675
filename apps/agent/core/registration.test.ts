import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { getAgent, stateView } from './index.ts'
import { BenchAgent, openAccess, taskInfo, testConfig } from './testing/bench-agent.ts'

const said = (agent: BenchAgent) => agent.take().flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))
const registers = (agent: BenchAgent) =>
  said(agent).flatMap(({ type, register }) => (type === 'REGISTER' ? [register] : []))

/** An agent whose link is up and that no master has answered. */
function linked(options: ConstructorParameters<typeof BenchAgent>[0]): BenchAgent {
  const agent = new BenchAgent(options)
  agent.input({ type: 'recovered', containers: [] })
  agent.input({ type: 'link-up' })
  return agent
}

test('[mesos 22] an agent tells its domain when it registers and shows it', () => {
  const domain = { fault_domain: { region: { name: 'eu' }, zone: { name: 'a' } } }
  const agent = linked({ config: testConfig({ domain }) })
  agent.advance(1000)
  assert.deepEqual(registers(agent)[0]?.agent_info.domain, domain)
  assert.deepEqual(stateView(agent.state, openAccess)['domain'], domain)
  assert.deepEqual(getAgent(agent.state).agent_info?.domain, domain)
  assert.ok(!('domain' in stateView(BenchAgent.registered().state, openAccess)))
})

test('[mesos 21] an agent tells and shows the capabilities that it was given, and no others', () => {
  const capabilities = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'] as const
  const agent = linked({ config: testConfig({ capabilities }) })
  agent.advance(1000)
  const told = registers(agent)[0]?.capabilities?.map(({ type }) => type)
  assert.deepEqual(told, capabilities)
  assert.deepEqual(stateView(agent.state, openAccess)['capabilities'], capabilities)
})

/** The pauses before each of the first `count` attempts of an agent that nobody answers. */
function pauses(seed: number, count: number): number[] {
  const agent = linked({ seed, config: testConfig({ registrationBackoffMs: 1000 }) })
  assert.deepEqual(said(agent), [], 'not before its first pause')
  return Array.from({ length: count }, (_, attempt) => {
    const at = agent.timers.get('registration') ?? Number.NaN
    const pauseMs = at - agent.now
    agent.advance(pauseMs)
    const types = said(agent).map(({ type }) => type)
    assert.deepEqual(types, [attempt === 0 ? 'REGISTER' : 'AWAITING_REGISTRATION'], 'said in full once')
    return pauseMs
  })
}

test('[mesos 2] attempts to register wait at random up to the factor, doubled with each one, up to a minute', () => {
  const agents = Array.from({ length: 100 }, (_, seed) => pauses(seed + 1, 9))
  for (const [attempt, longestMs] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000].entries()) {
    const all = agents.map((waits) => waits[attempt] ?? Number.NaN)
    assert.ok(Math.max(...all) < longestMs && Math.max(...all) > 0.9 * longestMs, `attempt ${attempt}`)
    assert.ok(Math.min(...all) >= 0 && Math.min(...all) < 0.1 * longestMs, `attempt ${attempt}`)
  }
})

test('[mesos 2] an agent that is registered asks no more, and one that lost its link waits again from the start', () => {
  const agent = BenchAgent.registered()
  agent.advance(60_000)
  assert.deepEqual(registers(agent), [])
  agent.input({ type: 'link-down', reason: 'test' })
  agent.input({ type: 'link-up' })
  assert.ok((agent.timers.get('registration') ?? Number.NaN) - agent.now < 1000)
})

const sentTypes = (agent: BenchAgent): string[] =>
  agent.effects.flatMap((effect) => (effect.type === 'send' ? [effect.message.type ?? ''] : []))

suite('an agent that is told to leave', () => {
  test('[mesos 11] unregisters, ends its tasks with their grace, and exits when they have ended', () => {
    const agent = BenchAgent.registered()
    const id = agent.run(taskInfo('t'))
    agent.launched(id)
    agent.take()
    agent.input({ type: 'shut-down', message: 'received SIGUSR1', unregister: true })
    assert.deepEqual(sentTypes(agent), ['UNREGISTER'])
    assert.deepEqual(agent.signals(), ['SIGTERM'])
    const exits = (): readonly unknown[] => agent.effects.filter(({ type }) => type === 'exit')
    assert.equal(exits().length, 0)
    agent.advance(5000)
    assert.deepEqual(agent.signals(), ['SIGTERM', 'SIGKILL'])
    agent.ended(id, { signal: 9 })
    assert.equal(exits().length, 1)
  })

  test('by its master does not unregister', () => {
    const agent = BenchAgent.registered()
    agent.master({ type: 'SHUTDOWN', shutdown: { message: 'gone' } })
    assert.deepEqual(sentTypes(agent), [])
    assert.ok(agent.effects.some(({ type }) => type === 'exit'))
  })
})

test('an agent that shuts down does not register: it would not tell of tasks that it still has to end', () => {
  const agent = BenchAgent.registered()
  const container = agent.run(taskInfo('t'))
  agent.launched(container)
  agent.master({ type: 'SHUTDOWN', shutdown: { message: 'Machine is down for maintenance' } })
  agent.input({ type: 'link-down', reason: 'closed' })
  agent.input({ type: 'link-up' })
  said(agent)
  agent.advance(4000)
  assert.deepEqual(said(agent), [])
})
