import type { agentLink, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, frameworkInfo, scalar, taskInfo } from '../testing/bench-agent.ts'

const reserve = (cpus: number): mesos.Offer_Operation => ({
  type: 'RESERVE',
  reserve: { resources: [{ ...scalar('cpus', cpus), reservations: [{ type: 'DYNAMIC', role: 'r' }] }] },
})

let operationCount = 0

function operate(agent: BenchAgent, operation: mesos.Offer_Operation, version?: mesos.UUID): void {
  const operation_uuid = { value: new Uint8Array(16).fill(++operationCount) }
  const apply_operation = { operation, operation_uuid, ...(version && { resource_version_uuid: version }) }
  agent.master({ type: 'APPLY_OPERATION', apply_operation })
}

const sent = (agent: BenchAgent): agentLink.AgentMessage[] =>
  agent.take().flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))

const outcomes = (messages: readonly agentLink.AgentMessage[]) =>
  messages.flatMap(({ operation_status: told }) => (told ? [[told.status.state, told.status.message]] : []))

suite('the version of the resources', () => {
  test('[mesos 89] changes when an operation fails; the master is told of it, with the total, before the failure', () => {
    const agent = BenchAgent.registered()
    operate(agent, reserve(1))
    assert.deepEqual(outcomes(sent(agent)), [['OPERATION_FINISHED', undefined]])
    const before = agent.state.total.toString()
    operate(agent, reserve(100))
    const messages = sent(agent)
    assert.deepEqual(
      messages.map(({ type }) => type),
      ['UPDATE_AGENT', 'OPERATION_STATUS'],
    )
    assert.equal(outcomes(messages)[0]?.[0], 'OPERATION_DROPPED')
    const update = messages[0]?.update_agent
    assert.equal(update?.resource_version_uuid?.value.length, 16)
    assert.deepEqual(update?.total_resources, agent.state.total.toWire())
    assert.equal(agent.state.total.toString(), before)
  })

  test('[mesos 89] [mesos 100] what assumes an older one is dropped, what knows the new one is taken', () => {
    const agent = BenchAgent.registered()
    operate(agent, reserve(100))
    const version = sent(agent)[0]?.update_agent?.resource_version_uuid
    assert.ok(version)
    operate(agent, reserve(1))
    assert.deepEqual(outcomes(sent(agent)), [['OPERATION_DROPPED', 'Operation assumes outdated resource state']])
    operate(agent, reserve(1), version)
    assert.deepEqual(outcomes(sent(agent)), [['OPERATION_FINISHED', undefined]])
    const run_task = { framework_info: frameworkInfo(), task: taskInfo('t'), resource_version_uuid: version }
    agent.master({ type: 'RUN_TASK', run_task })
    assert.equal(agent.launchedIds().length, 1)
  })

  test('[mesos 89] a master that the agent comes back to learns it', () => {
    const agent = BenchAgent.registered()
    operate(agent, reserve(100))
    const version = sent(agent)[0]?.update_agent?.resource_version_uuid
    agent.input({ type: 'link-up' })
    agent.advance(1000)
    assert.deepEqual(sent(agent).find((message) => message.reregister)?.reregister?.resource_version_uuid, version)
  })
})
