import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { scalar, task, World } from '../testing/world.ts'

const ns = (nanoseconds: number): mesos.DurationInfo => ({ nanoseconds })
const base = [scalar('cpus', 1, 'r'), scalar('mem', 64, 'r')]
const check = (health_check: mesos.HealthCheck): Partial<mesos.TaskInfo> => ({ health_check })
const executor = (more: Partial<mesos.ExecutorInfo>): Partial<mesos.TaskInfo> => ({
  command: undefined,
  executor: { executor_id: { value: 'e' }, command: { value: 'x' }, ...more },
})
const container = (more: Partial<mesos.ContainerInfo>): Partial<mesos.TaskInfo> => ({
  container: { type: 'MESOS', ...more },
})
const variable = (variable: mesos.Environment_Variable): Partial<mesos.TaskInfo> => ({
  command: { value: 'true', environment: { variables: [variable] } },
})

/** What is wrong, and the words for it. */
const table: readonly (readonly [string, Partial<mesos.TaskInfo>, string | RegExp])[] = [
  ['an empty id', { task_id: { value: '' } }, 'ID must not be empty'],
  ['a long id', { task_id: { value: 'x'.repeat(256) } }, 'ID must not be greater than 255 characters'],
  ['dots as id', { task_id: { value: '..' } }, "'..' is disallowed"],
  ['a slash in the id', { task_id: { value: 'a/b' } }, "'a/b' contains invalid characters"],
  ['another agent', { agent_id: { value: 'X' } }, 'Task uses invalid agent X while agent M-S0 is expected'],
  [
    'a negative grace',
    { kill_policy: { grace_period: ns(-1) } },
    "Task's 'kill_policy.grace_period' must be non-negative",
  ],
  ['a negative deadline', { max_completion_time: ns(-1) }, "Task's `max_completion_time` must be non-negative"],
  ['an untyped health check', check({}), "Task uses invalid health check: HealthCheck must specify 'type'"],
  [
    'HTTP without http',
    check({ type: 'HTTP' }),
    "Task uses invalid health check: Expecting 'http' to be set for HTTP health check",
  ],
  [
    'TCP without tcp',
    check({ type: 'TCP' }),
    "Task uses invalid health check: Expecting 'tcp' to be set for TCP health check",
  ],
  [
    'COMMAND without command',
    check({ type: 'COMMAND' }),
    "Task uses invalid health check: Expecting 'command' to be set for COMMAND health check",
  ],
  [
    'a relative path',
    check({ type: 'HTTP', http: { port: 1, path: 'x' } }),
    "Task uses invalid health check: The path 'x' of HTTP health check must start with '/'",
  ],
  [
    'a strange scheme',
    check({ type: 'HTTP', http: { port: 1, scheme: 'ftp' } }),
    "Task uses invalid health check: Unsupported HTTP health check scheme: 'ftp'",
  ],
  [
    'a negative delay',
    check({ type: 'TCP', tcp: { port: 1 }, delay_seconds: -1 }),
    "Task uses invalid health check: Expecting 'delay_seconds' of health check to be non-negative",
  ],
  [
    'a check without member',
    { check: { type: 'TCP' } },
    "Task uses invalid check: Expecting 'tcp' to be set for TCP check",
  ],
  ['no resources', { resources: [] }, 'Task uses no resources'],
  [
    'negative resources',
    { resources: [scalar('cpus', -1, 'r')] },
    "Resource 'cpus(allocated: r):-1' is invalid: Invalid scalar resource: value <= 0",
  ],
  [
    'half a GPU',
    { resources: [...base, scalar('gpus', 0.5, 'r')] },
    "Task uses invalid resources: The 'gpus' resource must be an unsigned integer",
  ],
  ['two roles', { resources: [scalar('cpus', 1, 'r'), scalar('mem', 1, 'q')] }, /multiple allocation roles/],
  [
    'revocable and not',
    { resources: [...base, { ...scalar('cpus', 1, 'r'), revocable: {} }] },
    "Task uses invalid resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
  ],
  [
    'a variable without value',
    variable({ name: 'A' }),
    "Task's `CommandInfo` is invalid: Environment variable 'A' of type 'VALUE' must have a value set",
  ],
  [
    'a secret without secret',
    variable({ name: 'A', type: 'SECRET' }),
    "Task's `CommandInfo` is invalid: Environment variable 'A' of type 'SECRET' must have a secret set",
  ],
  [
    'DOCKER without docker',
    container({ type: 'DOCKER' }),
    "Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  ],
  [
    'two sources of a volume',
    container({
      volumes: [
        { mode: 'RW', container_path: '/x', host_path: '/y', source: { type: 'HOST_PATH', host_path: { path: '/z' } } },
      ],
    }),
    /Only one of them should be set/,
  ],
  [
    'a source without its member',
    container({ volumes: [{ mode: 'RW', container_path: '/x', source: { type: 'SECRET' } }] }),
    /'source.secret' is not set/,
  ],
  [
    'a limit of disk',
    { limits: { disk: { value: 1 } } },
    "Only cpus and mem may be included in a task's resource limits",
  ],
  ['a limit below the request', { limits: { cpus: { value: 0.5 } } }, 'The cpus limit is less than the cpus request'],
  [
    'a limit without a request',
    { resources: [scalar('mem', 64, 'r')], limits: { cpus: { value: 1 } } },
    'When cpus limit is specified, cpus request must also be specified',
  ],
  [
    'neither command nor executor',
    { command: undefined },
    'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present',
  ],
  [
    'command and executor',
    { executor: { executor_id: { value: 'e' }, command: { value: 'x' } } },
    'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present',
  ],
  [
    'own cgroups',
    container({ linux_info: { share_cgroups: false } }),
    "Only tasks in a task group may have 'share_cgroups' set to 'false'",
  ],
  ['a default executor', executor({ type: 'DEFAULT' }), "'ExecutorInfo.type' must be 'CUSTOM'"],
  [
    'an executor without command',
    executor({ command: undefined }),
    "'ExecutorInfo.command' must be set for 'CUSTOM' executor",
  ],
  [
    'an executor of another framework',
    executor({ framework_id: { value: 'F' } }),
    'ExecutorInfo has an invalid FrameworkID (Actual: F vs Expected: M-0000)',
  ],
  [
    'too much',
    { resources: [scalar('cpus', 100, 'r'), scalar('mem', 64, 'r')] },
    /^Total resources cpus\(allocated: r\):100; mem\(allocated: r\):64 required by task and its executor is more than available /,
  ],
]

suite('[mesos 99] a task that cannot be started', () => {
  for (const [what, overrides, message] of table) {
    test(`${what} is told`, () => {
      const world = new World()
      world.addAgent()
      const s = world.subscribe()
      const offer = world.offer(s)
      world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [task('t', offer, overrides)] } }])
      const [status] = world.statuses(s)
      assert.deepEqual(
        [status?.state, status?.source, status?.reason],
        ['TASK_ERROR', 'SOURCE_MASTER', 'REASON_TASK_INVALID'],
      )
      if (typeof message === 'string') assert.equal(status?.message, message)
      else assert.match(status?.message ?? '', message)
    })
  }

  test('[mesos 98] an unlimited cpu limit is fine', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe()
    const offer = world.offer(s)
    world.accept(s, offer, [
      { type: 'LAUNCH', launch: { task_infos: [task('t', offer, { limits: { cpus: { value: Infinity } } })] } },
    ])
    assert.equal(world.statuses(s).length, 0)
  })
})

suite('[mesos 92] a group that cannot be started', () => {
  const resources = [scalar('cpus', 0.1, 'r'), scalar('mem', 32, 'r'), scalar('disk', 10, 'r')]
  const cases: readonly (readonly [string, Partial<mesos.ExecutorInfo>, Partial<mesos.TaskInfo>, string | RegExp])[] = [
    ['an untyped executor', { type: undefined }, {}, "'ExecutorInfo.type' must be set"],
    [
      'a default executor with a command',
      { command: { value: 'x' } },
      {},
      "'ExecutorInfo.command' must not be set for 'DEFAULT' executor",
    ],
    [
      'a Docker executor',
      { container: { type: 'DOCKER' } },
      {},
      "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor",
    ],
    [
      'little memory',
      { resources: [scalar('cpus', 0.1, 'r'), scalar('mem', 16, 'r'), scalar('disk', 10, 'r')] },
      {},
      /uses less memory \(16MB\) than the minimum/,
    ],
    ['no disk', { resources: resources.slice(0, 2) }, {}, /uses no disk/],
    [
      'a Docker task',
      {},
      { container: { type: 'DOCKER', docker: { image: 'x' } } },
      "Task 't' is invalid: Docker ContainerInfo is not supported on the task",
    ],
    ['shared cgroups with limits', {}, { limits: { cpus: { value: 2 } } }, /'share_cgroups' field is set to 'false'/],
  ]
  for (const [what, more, overrides, message] of cases) {
    test(`${what} is told`, () => {
      const world = new World()
      world.addAgent()
      const s = world.subscribe()
      const offer = world.offer(s)
      const executor: mesos.ExecutorInfo = {
        type: 'DEFAULT',
        executor_id: { value: 'e' },
        framework_id: { value: s.id },
        resources,
        ...more,
      }
      world.accept(s, offer, [
        { type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks: [task('t', offer, overrides)] } } },
      ])
      const [status] = world.statuses(s)
      assert.equal(status?.reason, 'REASON_TASK_GROUP_INVALID')
      if (typeof message === 'string') assert.equal(status?.message, message)
      else assert.match(status?.message ?? '', message)
    })
  }
})
