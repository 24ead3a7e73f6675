import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getAgent, stateView } from './index.ts'
import { BenchAgent, testConfig } from './testing/bench-agent.ts'

const registers = (agent: BenchAgent) =>
  agent
    .take()
    .flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'REGISTER' ? [effect.message.register] : [],
    )

test('[mesos 22] an agent tells its domain when it registers and shows it', () => {
  const domain = { fault_domain: { region: { name: 'eu' }, zone: { name: 'a' } } }
  const agent = new BenchAgent({ config: testConfig({ domain }) })
  agent.input({ type: 'recovered', containers: [] })
  agent.input({ type: 'link-up' })
  assert.deepEqual(registers(agent)[0]?.agent_info.domain, domain)
  assert.deepEqual(stateView(agent.state)['domain'], domain)
  assert.deepEqual(getAgent(agent.state).agent_info?.domain, domain)
  assert.ok(!('domain' in stateView(BenchAgent.registered().state)))
})

test('[mesos 21] an agent tells and shows the capabilities that it was given, and no others', () => {
  const capabilities = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'] as const
  const agent = new BenchAgent({ config: testConfig({ capabilities }) })
  agent.input({ type: 'recovered', containers: [] })
  agent.input({ type: 'link-up' })
  const told = registers(agent)[0]?.capabilities?.map(({ type }) => type)
  assert.deepEqual(told, capabilities)
  assert.deepEqual(stateView(agent.state)['capabilities'], capabilities)
})
