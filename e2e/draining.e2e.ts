/** An agent that drains while an executor on it stays without a task, and one while its executor works. */
import { eventually } from '@thermosphere/test-kit'
import type { master, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { root } from './harness/cluster.ts'
import { MesosPair } from './harness/mesos-pair.ts'
import { TaskFramework } from './harness/task-framework.ts'
import { executorTask } from './harness/v1-framework.ts'

/** Counts primes, and stays when it has counted them. */
const command = `exec '${process.execPath}' '${root}examples/batch/executor.ts'`
const executor_id = { value: 'primes' }

type Agents = {
  readonly get_agents: { readonly agents: readonly { readonly drain_info?: { readonly state: string } }[] }
}

let pair: MesosPair
let framework: TaskFramework

beforeEach(async () => {
  pair = await MesosPair.start()
  framework = new TaskFramework(pair.master.url)
})
afterEach(async () => {
  await framework.close()
  await pair.remove()
})

async function operate(call: master.Call): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const answer = await fetch(`${pair.master.url}/api/v1`, { method: 'POST', headers, body: JSON.stringify(call) })
  assert.ok(answer.ok, `${call.type}: ${answer.status}`)
  return answer
}

async function drainState(): Promise<string | undefined> {
  const answer = await operate({ type: 'GET_AGENTS' })
  // Tests assert on what they read.
  const { get_agents } = (await answer.json()) as Agents
  return get_agents.agents[0]?.drain_info?.state
}

async function drainAndActivate(agent_id: mesos.AgentID): Promise<void> {
  await operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id } })
  await eventually('the agent is drained', async () => (await drainState()) === 'DRAINED')
  await eventually('its executor has ended', () => framework.events.some(({ failure }) => failure?.executor_id))
  await operate({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })
}

suite('an agent that was drained and is active again takes tasks', () => {
  for (const [title, range, state, ends] of [
    ['though its executor had nothing to do and would have stayed', '1-10', 'TASK_FINISHED', 'TASK_FINISHED'],
    ['after it has killed what its executor did', '1-9000000', 'TASK_RUNNING', 'TASK_KILLED'],
  ] as const) {
    test(`[mesos 14] ${title}`, async () => {
      framework.launchTask((offer) => executorTask(offer, { id: 'first', data: range, executor_id, command }))
      const { agent_id } = await framework.status('first', state)
      assert.ok(agent_id !== undefined)
      await drainAndActivate(agent_id)
      assert.equal(framework.of('first').at(-1)?.state, ends)
      framework.launch({ second: 'true' })
      await framework.states('TASK_FINISHED', ['second'])
    })
  }
})
