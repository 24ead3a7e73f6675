import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, FRAMEWORK_ID, taskInfo, testConfig } from '../testing/bench-agent.ts'
import type { mesos } from '@thermosphere/protocol'

const config = testConfig({ executorEnvironment: { PATH: '/opt/bin', SITE: 'here' } })

function environmentOf(task: mesos.TaskInfo): Readonly<Record<string, string>> {
  const agent = BenchAgent.registered({ config })
  agent.run(task)
  const launch = agent.take().find((effect) => effect.type === 'launch')
  return launch?.type === 'launch' ? launch.plan.environment : assert.fail('nothing was launched')
}

suite('the environment of containers', () => {
  test("[mesos 122] executors and tasks get --executor_environment_variables, and the task's own win", () => {
    const variables = [{ name: 'SITE', value: 'there' }]
    const plain = environmentOf(taskInfo('t'))
    assert.deepEqual([plain['PATH'], plain['SITE']], ['/opt/bin', 'here'])
    const own = environmentOf(taskInfo('t', { command: { value: 'x', environment: { variables } } }))
    assert.deepEqual([own['PATH'], own['SITE']], ['/opt/bin', 'there'])
    const { command: _command, ...info } = taskInfo('c')
    const executor = { executor_id: { value: 'e' }, framework_id: { value: FRAMEWORK_ID }, command: { value: 'x' } }
    assert.equal(environmentOf({ ...info, executor })['SITE'], 'here')
  })

  test('[mesos 107] a task gets its variables, and secrets that are given by value', () => {
    const data = new TextEncoder().encode('hush')
    const variables: mesos.Environment_Variable[] = [
      { name: 'PLAIN', value: 'p' },
      { name: 'TYPED', type: 'VALUE', value: 'v' },
      { name: 'HIDDEN', type: 'SECRET', secret: { type: 'VALUE', value: { data } } },
    ]
    const got = environmentOf(taskInfo('t', { command: { value: 'x', environment: { variables } } }))
    assert.deepEqual([got['PLAIN'], got['TYPED'], got['HIDDEN']], ['p', 'v', 'hush'])
  })
})
