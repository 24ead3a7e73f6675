import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, frameworkInfo, scalar, taskInfo } from '../testing/bench-agent.ts'

suite('kills', () => {
  test('a second kill of a member of a group changes nothing, as in the default executor of Mesos', () => {
    const agent = BenchAgent.registered()
    const executor = { type: 'DEFAULT' as const, executor_id: { value: 'pod' }, resources: [scalar('cpus', 0.1)] }
    const task_group = { tasks: [taskInfo('a')] }
    const run_task_group = { framework_info: frameworkInfo(), executor, task_group, launch_executor: true }
    agent.master({ type: 'RUN_TASK_GROUP', run_task_group })
    agent.launched(agent.launchedIds()[0] ?? '')
    agent.kill('a', 10_000)
    agent.kill('a', 1000)
    agent.advance(9999)
    assert.deepEqual(agent.signals(), ['SIGTERM'])
    agent.advance(1)
    assert.deepEqual(agent.signals(), ['SIGTERM', 'SIGKILL'])
  })
})

suite('the container status in updates', () => {
  for (const [what, launched, address] of [
    ['an address of its own', { ipAddress: '10.1.2.3' }, '10.1.2.3'],
    ["the agent's address without one", {}, '127.0.0.1'],
  ] as const) {
    test(`[mesos 106] tells the container, its process and ${what}`, () => {
      const agent = BenchAgent.registered()
      const containerId = agent.run(taskInfo('t'))
      agent.input({ type: 'launched', containerId, pid: 42, handle: {}, ...launched })
      const [status] = agent.sent()
      assert.deepEqual(status?.container_status, {
        container_id: { value: containerId },
        executor_pid: 42,
        network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: address }] }],
      })
    })
  }
})
