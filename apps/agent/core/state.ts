import type { Millis, Random } from '@thermosphere/effects'
import type { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Acls } from '@thermosphere/protocol/acls'
import type { OperatorContainer, WaitType } from './operator-containers/index.ts'

export type LoadThresholds = {
  readonly fiveMinutes: number | undefined
  readonly fifteenMinutes: number | undefined
  readonly intervalMs: Millis
}

/** What the core needs to know of the agent's flags. Times in milliseconds. */
export type AgentConfig = {
  readonly workDir: string
  readonly ip: string
  /** Told to the master, which otherwise takes where the link comes from. */
  readonly advertisedIp?: string | undefined
  readonly port: number
  readonly hostname: string
  readonly version: string
  readonly resources: readonly mesos.Resource[]
  readonly attributes: readonly mesos.Attribute[]
  readonly domain: mesos.DomainInfo | undefined
  /** What the master is told that this agent can do. */
  readonly capabilities: readonly mesos.AgentInfo_Capability_Type[]
  /** Which changes of resources, attributes and domain a restart may bring. */
  readonly reconfigurationPolicy: 'equal' | 'additive'
  readonly executorRegistrationTimeoutMs: Millis
  readonly executorReregistrationTimeoutMs: Millis
  readonly executorShutdownGraceMs: Millis
  readonly registrationBackoffMs: Millis
  readonly recoveryTimeoutMs: Millis
  /** Added to the environment of every container (PATH and `--executor_environment_variables`). */
  readonly executorEnvironment: Readonly<Record<string, string>>
  readonly switchUser: boolean
  /** Whether processes can be held to limits; plain ones cannot. */
  readonly enforcesLimits: boolean
  /** What the fixed estimator offers as revocable, and how often it is asked. */
  readonly oversubscription: { readonly resources: readonly mesos.Resource[]; readonly intervalMs: Millis } | undefined
  /** Above which load averages of the machine what uses revocable resources has to go. */
  readonly loadThresholds: LoadThresholds | undefined
  /** Rules on what frameworks may run here; without them the master's alone count. */
  readonly acls: Acls | undefined
  readonly completedFrameworksMax: number
  readonly completedExecutorsMax: number
  readonly completedTasksMax: number
}

/** One update that the framework has not acknowledged. `durable` = may be told to others. */
export type PendingUpdate = { readonly sequence: number; readonly status: mesos.TaskStatus; durable: boolean }

/** Status updates of one task, oldest first; only the head is in flight. */
export type UpdateStream = {
  readonly taskId: string
  readonly executorId: string
  readonly pending: PendingUpdate[]
  nextSequence: number
  /** uuids (hex) of everything that this stream has taken in, to recognise repeats. */
  readonly seen: Set<string>
  inFlight: boolean
  retryMs: Millis
  latestState: mesos.TaskState
  ended: boolean
}

export type CheckKind = 'check' | 'health'

/** A check or health check of one task between its attempts. */
export type Checker = {
  readonly kind: CheckKind
  readonly startedAt: Millis
  /** Attempts of an earlier life of the checker are recognised by another token. */
  readonly token: number
  consecutiveFailures: number
  hasSucceeded: boolean
  lastHealthy: boolean | undefined
  lastResult: string | undefined
}

export type KillCause = 'request' | 'health' | 'max-completion' | 'group' | 'shutdown' | 'preemption'

/** The life of a task whose executor the agent plays itself. */
export type Run =
  | { readonly type: 'launching'; cancelled: KillCause | undefined }
  | { readonly type: 'running'; readonly startedAt: Millis }
  | {
      readonly type: 'killing'
      readonly startedAt: Millis
      readonly cause: KillCause
      readonly since: Millis
      graceMs: Millis
      escalated: boolean
    }
  | { readonly type: 'ended' }

export type Task = {
  readonly info: mesos.TaskInfo
  readonly frameworkId: string
  readonly executorId: string
  /** Members of one LAUNCH_GROUP share it: they fall together. */
  readonly groupId: string | undefined
  /** The container of the task; custom executors' tasks have none of their own. */
  readonly containerId: string | undefined
  run: Run | undefined
  state: mesos.TaskState
  statuses: mesos.TaskStatus[]
  statusUpdateState: mesos.TaskState | undefined
  statusUpdateUuid: Uint8Array | undefined
  pid: number | undefined
  ipAddress: string | undefined
  checkers: Checker[]
  /** Terminal and acknowledged: nothing is owed to anybody any more. */
  acknowledged: boolean
}

export type ExecutorKind = 'command' | 'group' | 'custom'

export type ExecutorPhase =
  | { readonly type: 'registering'; readonly since: Millis }
  | { readonly type: 'running' }
  /** `owed` is what tasks that are still live are told when the container has ended. */
  | { readonly type: 'terminating'; readonly owed: TerminalCause | undefined }
  | { readonly type: 'terminated' }

/** Why tasks ended without their executor saying so. */
export type TerminalCause = {
  readonly state: mesos.TaskState
  readonly reason: mesos.TaskStatus_Reason
  readonly message: string
  readonly limitation?: mesos.TaskResourceLimitation | undefined
}

export type Queued = { readonly tasks: readonly Task[]; readonly isGroup: boolean }

export type Executor = {
  readonly id: string
  readonly frameworkId: string
  readonly info: mesos.ExecutorInfo
  readonly kind: ExecutorKind
  readonly containerId: string
  readonly directory: string
  readonly createdAt: Millis
  phase: ExecutorPhase
  /** Launched tasks, the terminal ones included until they are acknowledged. */
  readonly tasks: Map<string, Task>
  queued: Queued[]
  readonly completedTasks: mesos.Task[]
  pid: number | undefined
  connectionId: number | undefined
  /** Of a v0 executor: the libprocess process that it registered from. */
  driverPid: string | undefined
  hasReceivedTask: boolean
  /** Found on disk after a restart and not heard of yet. */
  recovering: boolean
}

export type CompletedExecutor = {
  readonly id: string
  readonly kind: ExecutorKind
  readonly info: mesos.ExecutorInfo
  readonly containerId: string
  readonly directory: string
  readonly completedTasks: readonly mesos.Task[]
}

export type Framework = {
  readonly id: string
  info: mesos.FrameworkInfo
  terminating: boolean
  readonly executors: Map<string, Executor>
  readonly streams: Map<string, UpdateStream>
  completedExecutors: CompletedExecutor[]
}

export type CompletedFramework = {
  readonly info: mesos.FrameworkInfo
  readonly completedExecutors: readonly CompletedExecutor[]
}

export type PendingOperation = {
  readonly uuid: Uint8Array
  readonly operation: mesos.Offer_Operation
  readonly frameworkId: string | undefined
  readonly status: mesos.OperationStatus
  durable: boolean
  retryMs: Millis
}

export type Link =
  | { readonly type: 'recovering' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'registering'; attempts: number; pingTimeoutMs: Millis }
  | { readonly type: 'registered'; readonly pingTimeoutMs: Millis }

/** Where a container leads: executors' own containers have no task. */
export type ContainerOwner = {
  readonly frameworkId: string
  readonly executorId: string
  readonly taskId: string | undefined
}

export type Counters = {
  tasksFinished: number
  tasksFailed: number
  tasksKilled: number
  tasksLost: number
  tasksGone: number
  executorsTerminated: number
  executorsPreempted: number
  validStatusUpdates: number
  invalidStatusUpdates: number
  validFrameworkMessages: number
  invalidFrameworkMessages: number
  containerLaunchErrors: number
  recoveryErrors: number
}

export type AgentState = {
  readonly config: AgentConfig
  readonly random: Random
  readonly startedAt: Millis
  /** Names this run of the operating system. */
  readonly bootId: string | undefined
  /** The operating system was started since an agent wrote down what runs: nothing of it can. */
  rebooted: boolean
  recoveredAt: Millis | undefined
  agentId: string | undefined
  link: Link
  shuttingDown: boolean
  drain: mesos.DrainConfig | undefined
  /** When the agent was first told to drain. */
  drainStartedAt: Millis | undefined
  /** All resources with the reservations and volumes that were made on them. */
  total: Resources
  /** Another one each time an operation fails: whoever assumed that it would not has to look again. */
  resourceVersion: Uint8Array | undefined
  /** The revocable resources that the master was told of last. */
  oversubscribed: Resources | undefined
  readonly frameworks: Map<string, Framework>
  completedFrameworks: CompletedFramework[]
  readonly operations: Map<string, PendingOperation>
  readonly containers: Map<string, ContainerOwner>
  /** Launched by calls of operators, by the containerizer's key. */
  readonly operatorContainers: Map<string, OperatorContainer>
  /** Who waits for the end of a container, by its key. */
  readonly containerWaits: Map<string, readonly { readonly requestId: number; readonly type: WaitType }[]>
  readonly counters: Counters
  nextToken: number
}

/** An executor with its framework. */
export type ExecutorPlace = { readonly framework: Framework; readonly executor: Executor }

/** A task with what it belongs to. */
export type TaskPlace = { readonly framework: Framework; readonly executor: Executor; readonly task: Task }
