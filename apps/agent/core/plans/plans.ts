import { invariant } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { CommandPlan, DockerPlan, IoPlan, LaunchPlan, LimitsPlan } from '../effects.ts'
import { executorEnvironment, taskEnvironment } from './environment.ts'
import { planMounts } from './mounts.ts'
import type { Mounted } from './mounts.ts'
import type { AgentState, Executor, Framework, TaskPlace } from '../state.ts'

/** Builds what a container is launched from. The agent's own executors add this much to a command task, as in Mesos. */
const OVERHEAD_CPUS = 0.1
const OVERHEAD_MEM_MB = 32
const MIB = 1_048_576
const MIN_MEM_BYTES = 32 * MIB
/** Of a terminal whose size nobody tells. */
const DEFAULT_ROWS = 24
const DEFAULT_COLUMNS = 80

/** The executor that Mesos would start for a command task: same id, name and resources. */
export function commandExecutorInfo(framework: Framework, task: mesos.TaskInfo): mesos.ExecutorInfo {
  const allocation = task.resources?.find((resource) => resource.allocation_info !== undefined)?.allocation_info
  const scalar = (name: string, value: number): mesos.Resource => ({
    name,
    type: 'SCALAR',
    scalar: { value },
    ...(allocation === undefined ? {} : { allocation_info: allocation }),
  })
  return {
    executor_id: { value: task.task_id.value },
    framework_id: { value: framework.id },
    command: {
      shell: false,
      value: '/usr/libexec/mesos/mesos-executor',
      ...(task.command?.user === undefined ? {} : { user: task.command.user }),
      arguments: ['mesos-executor', '--launcher_dir=/usr/libexec/mesos'],
    },
    resources: [scalar('cpus', OVERHEAD_CPUS), scalar('mem', OVERHEAD_MEM_MB)],
    name: commandExecutorName(task),
    source: task.task_id.value,
    ...(task.discovery === undefined ? {} : { discovery: task.discovery }),
    ...(task.labels === undefined ? {} : { labels: task.labels }),
  }
}

function commandExecutorName(task: mesos.TaskInfo): string {
  const { command } = task
  const text =
    (command?.shell ?? true)
      ? `sh -c '${cut(command?.value ?? '')}'`
      : cut([command?.value, ...(command?.arguments ?? [])].filter((part) => part !== undefined).join(', '))
  return `Command Executor (Task: ${task.task_id.value}) (Command: ${text})`
}

function cut(text: string): string {
  return text.length > 15 ? `${text.slice(0, 12)}...` : text
}

type RunIds = { readonly frameworkId: string; readonly executorId: string; readonly containerId: string }

export function sandboxOf(state: AgentState, { frameworkId, executorId, containerId }: RunIds): string {
  invariant(state.agentId !== undefined, 'an agent without an id launches nothing')
  const { workDir } = state.config
  return `${workDir}/slaves/${state.agentId}/frameworks/${frameworkId}/executors/${executorId}/runs/${containerId}`
}

/** A command task: its container is the executor's container. */
export function planCommandTask(state: AgentState, { framework, executor, task }: TaskPlace): LaunchPlan {
  const docker = dockerPlan(task.info.container)
  return {
    ...basePlan(framework, executor, state),
    user: userOf(state, framework, task.info.command),
    command: commandPlan(task.info.command),
    environment: {
      ...executorEnvironment(state, { framework, executor }, { isDocker: docker !== undefined, task: task.info }),
      ...taskEnvironment(task.info.command),
    },
    claims: undefined,
    uris: task.info.command?.uris ?? [],
    limits: planLimits([executor.info.resources, task.info.resources], [task.info]),
    mounts: planMounts(state, executor, mountedOf(task.info)),
    docker,
    rlimits: planRlimits(task.info.container),
    ...ioOf(task.info.container),
  }
}

/** A member of a task group: a container of its own below the executor's. */
export function planGroupTask(state: AgentState, { framework, executor, task }: TaskPlace): LaunchPlan {
  invariant(task.containerId !== undefined, 'group members have containers')
  const taskId = task.info.task_id.value
  const sandbox = `${executor.directory}/containers/${task.containerId}`
  return {
    containerId: task.containerId,
    sandbox,
    endsWithAgent: framework.info.checkpoint !== true,
    links: [{ path: `${executor.directory}/tasks/${taskId}`, target: `../containers/${task.containerId}` }],
    user: userOf(state, framework, task.info.command ?? executor.info.command),
    command: commandPlan(task.info.command),
    environment: {
      ...executorEnvironment(state, { framework, executor }, { isDocker: false, task: task.info, sandbox }),
      MESOS_CONTAINER_IP: state.config.ip,
      ...taskEnvironment(task.info.command),
    },
    claims: undefined,
    uris: task.info.command?.uris ?? [],
    limits: planLimits([task.info.resources], [task.info]),
    mounts: planMounts(
      state,
      { directory: sandbox, parentDirectory: executor.directory },
      {
        container: task.info.container,
        resources: [...(executor.info.resources ?? []), ...(task.info.resources ?? [])],
      },
    ),
    docker: undefined,
    rlimits: planRlimits(task.info.container),
    ...ioOf(task.info.container),
  }
}

/** The executor container of a pod: no process, only a sandbox that its members share. */
export function planGroupExecutor(state: AgentState, framework: Framework, executor: Executor): LaunchPlan {
  return {
    ...basePlan(framework, executor, state),
    user: userOf(state, framework, executor.info.command),
    command: undefined,
    environment: {},
    claims: undefined,
    uris: executor.info.command?.uris ?? [],
    limits: planLimits([executor.info.resources], []),
    mounts: planMounts(state, executor, mountedOf(executor.info)),
    docker: undefined,
    rlimits: [],
  }
}

export function planCustomExecutor(state: AgentState, framework: Framework, executor: Executor): LaunchPlan {
  const { info } = executor
  const docker = dockerPlan(info.container)
  return {
    ...basePlan(framework, executor, state),
    user: userOf(state, framework, info.command),
    command: commandPlan(info.command),
    environment: {
      ...executorEnvironment(state, { framework, executor }, { isDocker: docker !== undefined }),
      ...taskEnvironment(info.command),
    },
    claims: { frameworkId: framework.id, executorId: executor.id, containerId: executor.containerId },
    uris: info.command?.uris ?? [],
    limits: customLimits(executor),
    mounts: planMounts(state, executor, { container: info.container, resources: allResources(executor) }),
    docker,
    rlimits: planRlimits(info.container),
    ...ioOf(info.container),
  }
}

function mountedOf({ container, resources }: mesos.TaskInfo | mesos.ExecutorInfo): Mounted {
  return { container, resources }
}

function allResources(executor: Executor): mesos.Resource[] {
  const tasks = [...executor.tasks.values(), ...executor.queued.flatMap((queued) => queued.tasks)]
  return [...(executor.info.resources ?? []), ...tasks.flatMap((task) => task.info.resources ?? [])]
}

/** A custom executor's container holds the executor and all of its live tasks. */
export function customLimits(executor: Executor): LimitsPlan {
  const tasks = [...executor.tasks.values(), ...executor.queued.flatMap((queued) => queued.tasks)]
  const live = tasks.filter((task) => !task.acknowledged)
  return planLimits(
    [executor.info.resources, ...live.map((task) => task.info.resources)],
    live.map((task) => task.info),
  )
}

function basePlan(
  framework: Framework,
  executor: Executor,
  state: AgentState,
): Pick<LaunchPlan, 'containerId' | 'sandbox' | 'endsWithAgent' | 'links'> {
  const { workDir } = state.config
  const runs = `${workDir}/slaves/${state.agentId ?? ''}/frameworks/${framework.id}/executors/${executor.id}/runs`
  return {
    containerId: executor.containerId,
    sandbox: executor.directory,
    endsWithAgent: framework.info.checkpoint !== true,
    links: [{ path: `${runs}/latest`, target: executor.directory }],
  }
}

function userOf(state: AgentState, framework: Framework, command: mesos.CommandInfo | undefined): string | undefined {
  if (!state.config.switchUser) return undefined
  const user = command?.user ?? framework.info.user
  return user === '' ? undefined : user
}

export function commandPlan(command: mesos.CommandInfo | undefined): CommandPlan | undefined {
  if (command === undefined) return undefined
  if (command.shell ?? true) {
    return command.value === undefined ? undefined : { type: 'shell', value: command.value }
  }
  const argv = command.arguments ?? []
  if (command.value === undefined && argv.length === 0) return undefined
  return { type: 'exec', path: command.value ?? '', argv: argv.length > 0 ? argv : [command.value ?? ''] }
}

function dockerPlan(container: mesos.ContainerInfo | undefined): DockerPlan | undefined {
  if (container?.type !== 'DOCKER' || container.docker === undefined) return undefined
  return {
    info: container.docker,
    hostname: container.hostname,
    networkName: container.network_infos?.find((network) => network.name !== undefined)?.name,
  }
}

function planLimits(
  parts: readonly (readonly mesos.Resource[] | undefined)[],
  tasks: readonly mesos.TaskInfo[],
): LimitsPlan {
  const requested = Resources.fromWire(parts.flatMap((part) => part ?? []))
  const cpusMilli = requested.scalar('cpus')
  const memBytes = Math.max(MIN_MEM_BYTES, Math.floor((requested.scalar('mem') * MIB) / 1000))
  const cpusLimit = limitOf(tasks, 'cpus')
  const memLimit = limitOf(tasks, 'mem')
  return {
    cpusMilli,
    memBytes,
    ...(requested.revocable().scalar('cpus') > 0 && { isRevocable: true }),
    ...(cpusLimit === undefined ? {} : { cpusLimitMilli: Math.round(cpusLimit * 1000) }),
    ...(memLimit === undefined ? {} : { memLimitBytes: Math.max(MIN_MEM_BYTES, memLimit * MIB) }),
  }
}

function limitOf(tasks: readonly mesos.TaskInfo[], name: string): number | undefined {
  const limits = tasks.map((task) => task.limits?.[name]?.value).filter((value) => value !== undefined)
  return limits.length === 0 ? undefined : limits.reduce((sum, value) => sum + value, 0)
}

/** Attachable is what asked for a terminal, and what the agent has the output of. */
export function ioPlan(container: mesos.ContainerInfo | undefined, output: IoPlan['output']): IoPlan | undefined {
  const tty = container?.type === 'MESOS' ? container.tty_info : undefined
  if (tty === undefined) return output === 'agent' ? { output } : undefined
  const { rows = DEFAULT_ROWS, columns = DEFAULT_COLUMNS } = tty.window_size ?? {}
  return { output, tty: { rows, columns } }
}

const ioOf = (container: mesos.ContainerInfo | undefined): Pick<LaunchPlan, 'io'> => {
  const io = ioPlan(container, 'file')
  return io === undefined ? {} : { io }
}

export function planRlimits(container: mesos.ContainerInfo | undefined): LaunchPlan['rlimits'] {
  return (container?.rlimit_info?.rlimits ?? []).map((limit) => ({
    type: limit.type ?? 'UNKNOWN',
    ...(limit.soft === undefined ? {} : { soft: Number(limit.soft) }),
    ...(limit.hard === undefined ? {} : { hard: Number(limit.hard) }),
  }))
}
