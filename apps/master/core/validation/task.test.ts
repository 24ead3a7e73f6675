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

const ours: mesos.Resource_ReservationInfo[] = [{ type: 'DYNAMIC', role: 'r' }]
const disk = (info: mesos.Resource_DiskInfo): Partial<mesos.TaskInfo> => ({
  resources: [...base, { ...scalar('disk', 1, 'r'), disk: info }],
})

/** A volume of the role. */
function ownDisk(
  id: string,
  { size = 1, ...more }: { size?: number } & Partial<mesos.Resource_DiskInfo> = {},
): mesos.Resource {
  const info = { persistence: { id }, volume: { container_path: 'd', mode: 'RW' as const }, ...more }
  return { ...scalar('disk', size, 'r'), reservations: ours, disk: info }
}

const port = (begin: number, end: number): mesos.Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin, end }] },
  allocation_info: { role: 'r' },
})

const bothCpus = "Cannot use both revocable and non-revocable 'cpus' at the same time"
const fromElsewhere = "are not supported for nested containers not joining parent's network"

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
    "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  ],
  [
    'two roles',
    { resources: [scalar('cpus', 1, 'r'), scalar('mem', 1, 'q')] },
    /^Invalid task resources: The resources have multiple allocation roles \('q' and 'r'\) but only one .* is allowed$/,
  ],
  [
    'revocable and not',
    { resources: [...base, { ...scalar('cpus', 1, 'r'), revocable: {} }] },
    `Task mixes revocable and non-revocable resources: ${bothCpus}`,
  ],
  ['an empty disk', disk({}), 'Task uses invalid resources: Invalid DiskInfo: DiskInfo is set but empty'],
  [
    'a volume that does not persist',
    disk({ volume: { container_path: 'd', mode: 'RW' } }),
    'Task uses invalid resources: Invalid DiskInfo: Non-persistent volume not supported',
  ],
  [
    'a volume of unreserved space',
    disk({ persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } }),
    'Task uses invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from unreserved resources',
  ],
  [
    'a volume without a place',
    { resources: [...base, ownDisk('v', { volume: undefined })] },
    "Task uses invalid resources: Invalid DiskInfo: Expecting 'volume' to be set for persistent volume",
  ],
  [
    'a volume with a path of the host',
    { resources: [...base, ownDisk('v', { volume: { container_path: 'd', mode: 'RW', host_path: '/d' } })] },
    "Task uses invalid resources: Invalid DiskInfo: Expecting 'host_path' to be unset for persistent volume",
  ],
  [
    'a volume with a bad id',
    { resources: [...base, ownDisk('a/b')] },
    /^Task uses invalid .*: Invalid persistence ID for persistent volume: 'a\/b' contains invalid characters$/,
  ],
  [
    'revocable space reserved',
    { resources: [...base, { ...scalar('disk', 1, 'r'), reservations: ours, revocable: {} }] },
    /: Invalid ReservationInfo: Dynamically reserved resource .* cannot be created from revocable resources$/,
  ],
  [
    'one volume twice',
    { resources: [...base, ownDisk('v'), ownDisk('v')] },
    "Task uses duplicate persistence ID: Persistence ID 'v' is not unique",
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
  [
    'a limit of cpus below the request',
    { limits: { cpus: { value: 0.5 } } },
    'The cpu limit must be greater than or equal to the cpu request',
  ],
  [
    'a limit of memory below the request',
    { limits: { mem: { value: 63 } } },
    'The memory limit must be greater than or equal to the memory request',
  ],
  [
    'a limit of cpus without a request',
    { resources: [scalar('mem', 64, 'r')], limits: { cpus: { value: 1 } } },
    'When a CPU limit is specified, a CPU request must also be specified',
  ],
  [
    'a limit of memory without a request',
    { resources: [scalar('cpus', 1, 'r')], limits: { mem: { value: 64 } } },
    'When a memory limit is specified, a memory request must also be specified',
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
  ['a default executor', executor({ type: 'DEFAULT', command: undefined }), "'ExecutorInfo.type' must be 'CUSTOM'"],
  [
    'an executor without command',
    executor({ command: undefined }),
    "'ExecutorInfo.command' must be set for 'CUSTOM' executor",
  ],
  [
    'a negative grace of the executor',
    executor({ shutdown_grace_period: ns(-1) }),
    "ExecutorInfo's 'shutdown_grace_period' must be non-negative",
  ],
  [
    'an executor whose variable has no value',
    executor({ command: { value: 'x', environment: { variables: [{ name: 'A' }] } } }),
    "Executor's `CommandInfo` is invalid: Environment variable 'A' of type 'VALUE' must have a value set",
  ],
  [
    'an executor in DOCKER without docker',
    executor({ container: { type: 'DOCKER' } }),
    "Executor's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  ],
  [
    'half a GPU of the executor',
    executor({ resources: [scalar('gpus', 0.5, 'r')] }),
    "Executor uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  ],
  [
    'a shared volume of the executor',
    executor({ resources: [{ ...ownDisk('v'), shared: {} }] }),
    /^Executor resources disk.* should not contain any shared resources$/,
  ],
  [
    'an executor that shares cgroups',
    executor({ container: { type: 'MESOS', linux_info: { share_cgroups: true } } }),
    "The 'share_cgroups' field cannot be set to 'true' on executor containers",
  ],
  [
    'a volume of task and executor',
    { ...executor({ resources: [ownDisk('v')] }), resources: [...base, ownDisk('v', { size: 2 })] },
    "Task and its executor use duplicate persistence ID: Persistence ID 'v' is not unique",
  ],
  [
    'a revocable executor',
    executor({ resources: [{ ...scalar('cpus', 1, 'r'), revocable: {} }] }),
    `Task and its executor mix revocable and non-revocable resources: ${bothCpus}`,
  ],
  [
    'a port of task and executor',
    { ...executor({ resources: [port(31_000, 31_001)] }), resources: [...base, port(31_001, 31_002)] },
    /^There are overlapping .* task resources cpus.*\[31001-31002\] and executor resources ports.*\[31000-31001\]$/,
  ],
  [
    'an executor of another framework',
    executor({ framework_id: { value: 'F' } }),
    'ExecutorInfo has an invalid FrameworkID (Actual: F vs Expected: M-0000)',
  ],
  [
    'too much',
    { resources: [scalar('cpus', 100, 'r'), scalar('mem', 64, 'r')] },
    /^Total resources cpus\(allocated: r\):100; mem.* required by task and its executor is more than available /,
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

  test('[mesos 98] limits on an agent that cannot keep them are told', () => {
    const world = new World()
    const agent = world.addAgent()
    world.master.agents.get(agent.id)!.capabilities = [{ type: 'MULTI_ROLE' }]
    const s = world.subscribe()
    const offer = world.offer(s)
    const limited = task('t', offer, { limits: { cpus: { value: 2 } } })
    world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [limited] } }])
    assert.equal(world.statuses(s)[0]?.message, 'Agent is not capable of handling task resource limits')
  })

  test('an executor that is not the one that runs under its id is told, with both', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe()
    const launch = (id: string, command: string): void => {
      const offer = world.offer(s)
      const { executor: info } = executor({ command: { value: command }, resources: [scalar('cpus', 0.1, 'r')] })
      const infos = [task(id, offer, { command: undefined, executor: info })]
      world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: infos } }])
      world.advance(1000)
    }
    launch('one', 'x')
    launch('two', 'y')
    launch('three', 'x')
    assert.deepEqual(
      world.statuses(s).map((status) => status.task_id.value),
      ['two'],
    )
    const lines = (world.statuses(s)[0]?.message ?? '').split('\n')
    assert.equal(lines[0], 'ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.')
    assert.match(lines[3] ?? '', /"command":\{[^}]*"value":"x"/)
    assert.match(lines[6] ?? '', /"command":\{[^}]*"value":"y"/)
  })

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
      "Executor 'e' uses less memory (16MB) than the minimum required (32MB)",
    ],
    [
      'no cpus',
      { resources: resources.slice(1) },
      {},
      "Executor 'e' uses less CPUs (None) than the minimum required (0.01)",
    ],
    ['no disk', { resources: resources.slice(0, 2) }, {}, "Executor 'e' uses no disk"],
    ['an unknown executor', { type: 'UNKNOWN' }, {}, 'Unknown executor type'],
    [
      'a default executor with an image',
      { container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'x' } } } } },
      {},
      "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor",
    ],
    [
      'a custom executor in Docker',
      { type: 'CUSTOM', command: { value: 'x' }, container: { type: 'DOCKER', docker: { image: 'x' } } },
      {},
      'Docker ContainerInfo is not supported on the executor',
    ],
    [
      'a custom executor without command',
      { type: 'CUSTOM' },
      {},
      "'ExecutorInfo.command' must be set for 'CUSTOM' executor",
    ],
    [
      'an executor of its own',
      {},
      { command: undefined, executor: { executor_id: { value: 'e' }, type: 'DEFAULT' } },
      "The `ExecutorInfo` of task 't' is different from executor 'e'",
    ],
    [
      'a health check from another network',
      {},
      {
        container: { type: 'MESOS', network_infos: [{ name: 'n' }] },
        health_check: { type: 'TCP', tcp: { port: 1 } },
      },
      `Task 't' is invalid: HTTP and TCP health checks ${fromElsewhere}`,
    ],
    [
      'a check from another network',
      {},
      { container: { type: 'MESOS', network_infos: [{ name: 'n' }] }, check: { type: 'TCP', tcp: { port: 1 } } },
      `Task 't' is invalid: HTTP and TCP checks ${fromElsewhere}`,
    ],
    [
      'an executor that shares cgroups',
      { container: { type: 'MESOS', linux_info: { share_cgroups: true } } },
      {},
      "The 'share_cgroups' field cannot be set to 'true' on executor containers",
    ],
    [
      'a volume of task and executor',
      { resources: [...resources, ownDisk('v')] },
      { resources: [...base, ownDisk('v', { size: 2 })] },
      "Task group and executor use duplicate persistence ID: Persistence ID 'v' is not unique",
    ],
    [
      'a revocable task',
      {},
      { resources: [{ ...scalar('cpus', 1, 'r'), revocable: {} }] },
      `Task group and executor mix revocable and non-revocable resources: ${bothCpus}`,
    ],
    [
      'a port of task and executor',
      { resources: [...resources, port(31_000, 31_001)] },
      { resources: [...base, port(31_001, 31_002)] },
      /^There are overlapping resources in the task group's task resources \{ cpus.* \} and\/or executor resources /,
    ],
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

  test('tasks with and without cgroups of their own are told, in one group and under one executor', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe()
    const own = { container: { type: 'MESOS' as const, linux_info: { share_cgroups: false } } }
    const launch = (tasks: Record<string, Partial<mesos.TaskInfo>>): (string | undefined)[] => {
      const offer = world.offer(s)
      const executor = {
        type: 'DEFAULT' as const,
        executor_id: { value: 'e' },
        framework_id: { value: s.id },
        resources,
      }
      const infos = Object.entries(tasks).map(([id, more]) =>
        task(id, offer, { resources: [scalar('cpus', 0.1, 'r')], ...more }),
      )
      world.accept(s, offer, [{ type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks: infos } } }])
      world.advance(1000)
      return Object.keys(tasks).map((id) => world.statuses(s, id)[0]?.message)
    }
    const allTasks = 'all tasks in each task group and under a single executor'
    const refusal = `If set, the value of 'share_cgroups' must be the same for ${allTasks}`
    assert.deepEqual(launch({ a: own, b: {} }), [refusal, refusal])
    assert.deepEqual(launch({ c: own, d: own }), [undefined, undefined])
    assert.deepEqual(launch({ e: {} }), [refusal])
    assert.deepEqual(launch({ f: own }), [undefined])
  })
})
