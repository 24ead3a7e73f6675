import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, FRAMEWORK_ID, openAccess, scalar, taskInfo, testConfig } from '../testing/bench-agent.ts'
import { metricsView } from '../views/metrics-view.ts'
import { stateView } from '../views/state-view.ts'

const revocable = (name: string, value: number): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  revocable: {},
})
const used = (name: string, value: number): mesos.Resource => ({ ...scalar(name, value), revocable: {} })
const oversubscription = { resources: [revocable('cpus', 2)], intervalMs: 15_000 }
const config = testConfig({ oversubscription })

const told = (agent: BenchAgent): (readonly mesos.Resource[] | undefined)[] =>
  agent
    .take()
    .flatMap((effect) =>
      effect.type === 'send' && effect.message.update_agent
        ? [effect.message.update_agent.oversubscribed?.resources]
        : [],
    )

const cpus = (all: readonly (readonly mesos.Resource[] | undefined)[]) =>
  all.map((resources) => resources?.map(({ name, scalar, revocable }) => [name, scalar?.value, revocable]))

function registered(options = { config }): BenchAgent {
  const agent = new BenchAgent(options)
  agent.input({ type: 'recovered', containers: [] })
  agent.input({ type: 'link-up' })
  agent.master({ type: 'REGISTERED', registered: { agent_id: { value: 'm-S0' } } })
  return agent
}

suite('oversubscription', () => {
  test('[mesos 230] the estimate is told after each registration, and otherwise only when it has changed', () => {
    const agent = registered()
    assert.deepEqual(cpus(told(agent)), [[['cpus', 2, {}]]])
    agent.advance(60_000)
    assert.deepEqual(told(agent), [])
    agent.input({ type: 'link-down', reason: 'test' })
    agent.advance(60_000)
    agent.reregister()
    assert.deepEqual(cpus(told(agent)), [[['cpus', 2, {}]]])
  })

  test('[mesos 230] what is in use is part of it, and stays so when there is less after a restart', () => {
    const agent = registered()
    const id = agent.run(taskInfo('t', { resources: [used('cpus', 1.5), scalar('mem', 32)] }))
    agent.launched(id)
    agent.advance(15_000)
    assert.deepEqual(cpus(told(agent)), [[['cpus', 2, {}]]])
    const less = testConfig({ oversubscription: { ...oversubscription, resources: [revocable('cpus', 1)] } })
    const again = agent.restarted([id], { config: less })
    again.reregister()
    assert.deepEqual(cpus(told(again)), [[['cpus', 1.5, {}]]])
    again.ended(id)
    again.take()
    again.advance(15_000)
    assert.deepEqual(cpus(told(again)), [[['cpus', 1, {}]]])
  })

  test('[mesos 230] without an estimator nothing is told', () => {
    const agent = registered({ config: testConfig() })
    agent.advance(60_000)
    assert.deepEqual(told(agent), [])
  })

  test('[mesos 230] metrics and /state keep revocable resources apart', () => {
    const agent = registered()
    agent.launched(agent.run(taskInfo('t', { resources: [used('cpus', 0.5), scalar('mem', 32)] })))
    const metrics = metricsView(agent.state, agent.now)
    const of = (name: string) => ['total', 'used', 'percent'].map((part) => metrics[`slave/${name}_${part}`])
    assert.deepEqual(of('cpus_revocable'), [2, 0.5, 0.25])
    // The executor that Mesos would start takes a tenth.
    assert.deepEqual(of('cpus'), [4, 0.1, 0.025])
    const { frameworks } = stateView(agent.state, openAccess) as {
      frameworks: { executors: { resources: object }[] }[]
    }
    assert.partialDeepStrictEqual(frameworks[0]?.executors[0]?.resources, { cpus: 0.1, cpus_revocable: 0.5, mem: 64 })
  })

  test('[mesos 73] a container with revocable cpus gives way to others', () => {
    const agent = registered()
    const limitsOf = (resources: mesos.Resource[]) => {
      agent.take()
      agent.run(taskInfo(`t${resources.length}`, { resources }))
      const launch = agent.effects.find((effect) => effect.type === 'launch')
      return launch?.type === 'launch' ? launch.plan.limits : undefined
    }
    assert.equal(limitsOf([used('cpus', 1), scalar('mem', 32)])?.isRevocable, true)
    assert.equal(limitsOf([scalar('cpus', 1), scalar('mem', 32), scalar('disk', 1)])?.isRevocable, undefined)
    assert.ok(agent.state.frameworks.has(FRAMEWORK_ID))
  })
})
