import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BenchAgent, frameworkInfo, scalar, taskInfo, testConfig } from '../testing/bench-agent.ts'

const limits = { mem: { value: 256 }, cpus: { value: 1 } }
const mib = 1_048_576
const posix = testConfig({ enforcesLimits: false })
const image: mesos.ContainerInfo = { type: 'DOCKER', docker: { image: 'i' } }

/** What becomes of a launch: the containers that are started, else the updates. */
function outcome(agent: BenchAgent): unknown[] {
  const launched = agent.launchedIds().length
  return launched > 0 ? [launched] : agent.sent().map(({ state, reason, message }) => [state, reason, message])
}

suite('limits above requests', () => {
  const refusal = "Task t has limits (mem, cpus) that this agent's isolation cannot enforce"
  const cases: readonly [string, Partial<mesos.TaskInfo>, unknown[]][] = [
    ['without limits is launched', {}, [1]],
    ['with limits is refused', { limits }, [['TASK_DROPPED', 'REASON_GC_ERROR', refusal]]],
    ['in a Docker container is held to them by the engine', { limits, container: image }, [1]],
  ]
  for (const [what, change, expected] of cases) {
    test(`[mesos 98] where processes cannot be held to limits a task ${what}`, () => {
      const agent = BenchAgent.registered({ config: posix })
      agent.run(taskInfo('t', change))
      assert.deepEqual(outcome(agent), expected)
    })
  }

  test('[mesos 98] a group with a limited member is refused as a whole', () => {
    const agent = BenchAgent.registered({ config: posix })
    const executor = { type: 'DEFAULT' as const, executor_id: { value: 'pod' }, resources: [scalar('cpus', 0.1)] }
    const tasks = [taskInfo('a'), taskInfo('t', { limits })]
    const framework_info = frameworkInfo({ capabilities: [] })
    agent.master({
      type: 'RUN_TASK_GROUP',
      run_task_group: { framework_info, executor, task_group: { tasks }, launch_executor: true },
    })
    assert.deepEqual(
      outcome(agent),
      tasks.map(() => ['TASK_LOST', 'REASON_GC_ERROR', refusal]),
    )
  })

  test('[mesos 98] under cgroups a task may use more than it asks for, up to its limits', () => {
    const agent = BenchAgent.registered()
    agent.run(taskInfo('t', { limits }))
    const launch = agent.take().find((effect) => effect.type === 'launch')
    const plan = launch?.type === 'launch' ? launch.plan.limits : undefined
    assert.deepEqual([plan?.memBytes, plan?.memLimitBytes], [(32 + 32) * mib, 256 * mib], 'with its executor')
    assert.deepEqual([plan?.cpusMilli, plan?.cpusLimitMilli], [100 + 100, 1000])
  })
})
