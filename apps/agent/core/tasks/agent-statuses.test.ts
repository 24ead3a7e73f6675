/** What the agent itself says of tasks, to frameworks that know partitions and to others; each once, until acknowledged. */
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  AGENT_ID,
  BenchAgent,
  FRAMEWORK_ID,
  frameworkInfo,
  scalar,
  taskInfo,
  testConfig,
} from '../testing/bench-agent.ts'

type Happening = (framework: mesos.FrameworkInfo) => BenchAgent

const framework_id = { value: FRAMEWORK_ID }
const executor_id = { value: 'e' }
const config = testConfig({
  enforcesLimits: false,
  loadThresholds: { fiveMinutes: 1, fifteenMinutes: undefined, intervalMs: 5000 },
})
const registered = (): BenchAgent => BenchAgent.registered({ config })

/** A task of a custom executor. */
function customTask(change: Partial<mesos.TaskInfo> = {}, id = 't'): mesos.TaskInfo {
  const { command: _command, ...info } = taskInfo(id, change)
  return { ...info, executor: { executor_id, framework_id, command: { value: 'x' } } }
}

function subscribe(agent: BenchAgent): void {
  const call = { type: 'SUBSCRIBE' as const, framework_id, executor_id, subscribe: {} }
  agent.input({ type: 'executor-subscribe', connectionId: 1, requestId: 1, call, claims: undefined })
}

type Launched = { readonly agent: BenchAgent; readonly id: string }

/** A custom executor whose container runs, and that has its task if it has `subscribed`. */
function custom(framework: mesos.FrameworkInfo, { subscribed }: { readonly subscribed: boolean }): Launched {
  const agent = registered()
  const id = agent.run(customTask(), framework)
  agent.launched(id)
  if (subscribed) subscribe(agent)
  return { agent, id }
}

function runMore(agent: BenchAgent, framework: mesos.FrameworkInfo, launch_executor: boolean): BenchAgent {
  agent.take()
  const run_task = { framework_info: framework, task: customTask({}, 't2'), launch_executor }
  agent.master({ type: 'RUN_TASK', run_task })
  return agent
}

const limited = (resource: string, message: string) => ({ signal: 9, limitation: { resource, message } })

const happenings: readonly (readonly [
  what: string,
  happen: Happening,
  states: readonly [aware: mesos.TaskState, unaware: mesos.TaskState],
  reason: mesos.TaskStatus_Reason,
  message: string,
])[] = [
  [
    'has limits that are not enforced',
    (framework) => {
      const agent = registered()
      agent.run(taskInfo('t', { limits: { cpus: { value: 1 } } }), framework)
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_GC_ERROR',
    "Task t has limits (cpus) that this agent's isolation cannot enforce",
  ],
  [
    'comes to a draining agent',
    (framework) => {
      const agent = registered()
      agent.launched(agent.run(taskInfo('other'), framework))
      agent.master({ type: 'DRAIN', drain: { config: {} } })
      agent.take()
      agent.run(taskInfo('t'), framework)
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_AGENT_DRAINING',
    'Task was received while agent was already draining',
  ],
  [
    'assumes resources that an operation failed to make',
    (framework) => {
      const agent = registered()
      const reserved = { ...scalar('cpus', 100), reservations: [{ type: 'DYNAMIC' as const, role: 'r' }] }
      const operation = { type: 'RESERVE' as const, reserve: { resources: [reserved] } }
      const operation_uuid = { value: new Uint8Array(16).fill(1) }
      agent.master({ type: 'APPLY_OPERATION', apply_operation: { operation, operation_uuid } })
      agent.run(taskInfo('t'), framework)
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_INVALID_OFFERS',
    'Task assumes outdated resource state',
  ],
  [
    'uses a reservation that is not there',
    (framework) => {
      const agent = registered()
      const reserved = { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC' as const, role: 'r' }] }
      agent.run(taskInfo('t', { resources: [reserved] }), framework)
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_RESOURCES_UNKNOWN',
    'The checkpointed resources being used by the task or task group are unknown to the agent',
  ],
  [
    'of a command has the id of an executor',
    (framework) => {
      const { agent } = custom(framework, { subscribed: true })
      agent.take()
      agent.run(taskInfo('e'), framework)
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_TASK_INVALID',
    'Cannot reuse an already existing executor for a command task',
  ],
  [
    'wants an executor to be launched that is there',
    (framework) => runMore(custom(framework, { subscribed: true }).agent, framework, true),
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_EXECUTOR_TERMINATED',
    'Master wants to launch executor, but one already exists',
  ],
  [
    'wants an executor that is not there',
    (framework) => runMore(registered(), framework, false),
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_EXECUTOR_TERMINATED',
    'No executor is expected to launch and there is none running',
  ],
  [
    'comes to an executor that is told to end',
    (framework) => {
      const { agent } = custom(framework, { subscribed: true })
      agent.master({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: { framework_id, executor_id } })
      return runMore(agent, framework, false)
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_EXECUTOR_TERMINATED',
    'Executor terminating',
  ],
  [
    'comes to an executor that has ended',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: true })
      agent.ended(id)
      return runMore(agent, framework, false)
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_EXECUTOR_TERMINATED',
    'Executor terminated',
  ],
  [
    'is killed before its executor has it',
    (framework) => {
      const { agent } = custom(framework, { subscribed: false })
      agent.kill('t')
      return agent
    },
    ['TASK_KILLED', 'TASK_KILLED'],
    'REASON_TASK_KILLED_DURING_LAUNCH',
    'Killed before delivery to the executor',
  ],
  [
    'is killed and nobody has it',
    (framework) => {
      const { agent } = custom(framework, { subscribed: true })
      agent.take()
      agent.kill('nobody')
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_EXECUTOR_TERMINATED',
    'Cannot find executor',
  ],
  [
    'cannot be launched',
    (framework) => {
      const agent = registered()
      agent.input({ type: 'launch-failed', containerId: agent.run(taskInfo('t'), framework), message: 'no such image' })
      return agent
    },
    ['TASK_FAILED', 'TASK_FAILED'],
    'REASON_CONTAINER_LAUNCH_FAILED',
    'Failed to launch container: no such image',
  ],
  [
    'waits for an executor that does not subscribe',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: false })
      agent.advance(60_000)
      agent.ended(id, { signal: 9 })
      return agent
    },
    ['TASK_FAILED', 'TASK_FAILED'],
    'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
    'Executor did not register within 1mins',
  ],
  [
    'has an executor that does not come back to a restarted agent',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: true })
      const again = agent.restarted([id])
      again.advance(2000)
      again.reregister()
      again.ended(id, { signal: 9 })
      return again
    },
    ['TASK_GONE', 'TASK_LOST'],
    'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
    'Executor did not reregister within 2secs',
  ],
  [
    'is in a container that cannot be resized',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: true })
      agent.take()
      agent.input({ type: 'update-failed', containerId: id, message: 'no space' })
      assert.ok(agent.effects.some((effect) => effect.type === 'destroy' && effect.containerId === id))
      agent.ended(id, { signal: 9 })
      return agent
    },
    ['TASK_GONE', 'TASK_LOST'],
    'REASON_CONTAINER_UPDATE_FAILED',
    'Failed to update resources for container: no space',
  ],
  [
    'uses revocable resources under too much load',
    (framework) => {
      const agent = registered()
      const resources = [{ ...scalar('cpus', 1), revocable: {} }]
      const id = agent.run(taskInfo('t', { resources }), framework)
      agent.launched(id)
      agent.input({ type: 'load', fiveMinutes: 9, fifteenMinutes: 9 })
      agent.ended(id, { signal: 9 })
      return agent
    },
    ['TASK_GONE', 'TASK_LOST'],
    'REASON_CONTAINER_PREEMPTED',
    'Container preempted by QoS correction',
  ],
  [
    'was launched while the agent restarted and its executor does not know it',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: true })
      const again = agent.restarted([id])
      subscribe(again)
      again.advance(2000)
      again.reregister()
      return again
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_AGENT_RESTARTED',
    'Task launched during agent restart',
  ],
  ...(
    [
      ['mem', 'REASON_CONTAINER_LIMITATION_MEMORY'],
      ['disk', 'REASON_CONTAINER_LIMITATION_DISK'],
      ['pids', 'REASON_CONTAINER_LIMITATION'],
    ] as const
  ).flatMap(([resource, reason]) =>
    (['its container', 'the container of its executor'] as const).map((where) => {
      const happen: Happening = (framework) => {
        const agent = registered()
        const id = agent.run(where === 'its container' ? taskInfo('t') : customTask(), framework)
        agent.launched(id)
        agent.input({ type: 'ended', containerId: id, end: limited(resource, `${resource} exceeded`) })
        return agent
      }
      const states = ['TASK_FAILED', 'TASK_FAILED'] as const
      return [`uses too much ${resource} in ${where}`, happen, states, reason, `${resource} exceeded`] as const
    }),
  ),
  [
    'has an executor that ends',
    (framework) => {
      const { agent, id } = custom(framework, { subscribed: true })
      agent.ended(id, { exitCode: 1 })
      return agent
    },
    ['TASK_FAILED', 'TASK_FAILED'],
    'REASON_EXECUTOR_TERMINATED',
    'Executor terminated',
  ],
  [
    'is here for the master alone',
    (framework) => {
      const agent = registered()
      agent.input({ type: 'link-up' })
      const task = { framework_id, task_id: { value: 't' }, framework_info: framework }
      agent.master({ type: 'REREGISTERED', reregistered: { agent_id: { value: AGENT_ID }, reconcile_tasks: [task] } })
      return agent
    },
    ['TASK_DROPPED', 'TASK_LOST'],
    'REASON_RECONCILIATION',
    'Reconciliation: task unknown to the agent',
  ],
]

/** The last word, after everything before it is acknowledged. */
function lastWord(agent: BenchAgent): mesos.TaskStatus | undefined {
  let last: mesos.TaskStatus | undefined
  for (;;) {
    const sent = agent.sent()
    agent.effects = agent.effects.filter((effect) => effect.type !== 'send')
    if (sent.length === 0) return last
    for (const status of sent) {
      last = status
      agent.acknowledge(status)
    }
  }
}

const frameworks = {
  aware: frameworkInfo({ capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }] }),
  unaware: frameworkInfo({ capabilities: [{ type: 'MULTI_ROLE' }] }),
}

suite('a task that', () => {
  for (const [what, happen, [aware, unaware], reason, message] of happenings) {
    test(`[mesos 100] ${what}: ${aware} for who knows partitions, ${unaware} for others`, () => {
      for (const [framework, state] of [
        [frameworks.aware, aware],
        [frameworks.unaware, unaware],
      ] as const) {
        const status = lastWord(happen(framework))
        assert.deepEqual([status?.state, status?.reason, status?.message], [state, reason, message])
        assert.deepEqual([status?.source, status?.uuid?.length], ['SOURCE_AGENT', 16])
      }
    })
  }

  test('[mesos 100] is one of a group dies with it before it is delivered', () => {
    const agent = registered()
    const executor = { executor_id: { value: 'pod' }, type: 'DEFAULT' as const, resources: [scalar('cpus', 0.1)] }
    const task_group = { tasks: [taskInfo('a'), taskInfo('b')] }
    const run_task_group = { framework_info: frameworks.aware, executor, task_group, launch_executor: true }
    agent.master({ type: 'RUN_TASK_GROUP', run_task_group })
    agent.take()
    agent.kill('a')
    const message = 'A task within the task group was killed before delivery to the executor'
    assert.deepEqual(
      agent.sent().map((status) => [status.state, status.reason, status.message]),
      [1, 2].map(() => ['TASK_KILLED', 'REASON_TASK_KILLED_DURING_LAUNCH', message]),
    )
  })
})
