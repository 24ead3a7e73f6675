import type { Millis, StoreEffect, TimerEffect } from '@thermosphere/effects'
import type { agentLink, executor, mesos } from '@thermosphere/protocol'
import type { ExecutorClaims } from './access/access.ts'
import type { AgentInput } from './inputs.ts'
import type { OperatorReply } from './operator-containers/index.ts'

export type CommandPlan =
  | { readonly type: 'shell'; readonly value: string }
  | { readonly type: 'exec'; readonly path: string; readonly argv: readonly string[] }

/** Absolute `target`s are outside the sandbox; relative ones are inside. Directories that `create` are made first. */
export type MountPlan = {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly create: boolean
}

export type LimitsPlan = {
  readonly cpusMilli: number
  readonly cpusLimitMilli?: number | undefined
  readonly memBytes: number
  readonly memLimitBytes?: number | undefined
  /** Some of the cpus are revocable. */
  readonly isRevocable?: boolean | undefined
}

export type DockerPlan = {
  readonly info: mesos.ContainerInfo_DockerInfo
  readonly hostname: string | undefined
  readonly networkName: string | undefined
}

/** Who has the streams of a container; without it they are files in its sandbox. See ContainerIoSpec of isolation. */
export type IoPlan = {
  readonly output: 'agent' | 'file'
  readonly tty?: { readonly rows: number; readonly columns: number }
}

/** Everything a container is launched from. `links` are symbolic links that are made first: path -> target. */
export type LaunchPlan = {
  readonly containerId: string
  readonly sandbox: string
  /** Nothing of its framework is checkpointed: a later agent would not know it. */
  readonly endsWithAgent: boolean
  readonly links: readonly { readonly path: string; readonly target: string }[]
  readonly user: string | undefined
  readonly command: CommandPlan | undefined
  readonly environment: Readonly<Record<string, string>>
  /** Of an executor that speaks for itself: where that needs a token, it finds one with these in its environment. */
  readonly claims: ExecutorClaims | undefined
  readonly uris: readonly mesos.CommandInfo_URI[]
  readonly limits: LimitsPlan
  readonly mounts: readonly MountPlan[]
  readonly docker: DockerPlan | undefined
  readonly rlimits: readonly { readonly type: string; readonly soft?: number; readonly hard?: number }[]
  /** The container whose processes this one joins. */
  readonly parent?: string
  /** Where the command begins when that is not its sandbox. */
  readonly directory?: string
  readonly io?: IoPlan
}

/** One attempt of a check, as the shell performs it. */
export type CheckAttempt =
  | { readonly type: 'command'; readonly command: CommandPlan; readonly environment: Readonly<Record<string, string>> }
  | {
      readonly type: 'http'
      readonly scheme: string
      readonly host: string
      readonly port: number
      readonly path: string
    }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }

export type ExecutorReply = { readonly status: 200 | 202 | 400 | 403 | 503; readonly message: string | undefined }

/** What the shell carries out. */
export type AgentAction =
  | { readonly type: 'send'; readonly message: agentLink.AgentMessage }
  | { readonly type: 'connect' }
  | { readonly type: 'reconnect'; readonly reason: string }
  | { readonly type: 'launch'; readonly plan: LaunchPlan }
  /** A container without a process of its own (a pod): only its sandbox is made. */
  | { readonly type: 'make-sandbox'; readonly plan: LaunchPlan }
  | { readonly type: 'signal'; readonly containerId: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** To whatever runs there, as kill(2) takes it. */
  | { readonly type: 'signal-number'; readonly containerId: string; readonly signal: number }
  /** Ends a container in whatever state, also one that is still being fetched or launched. */
  | { readonly type: 'destroy'; readonly containerId: string }
  | { readonly type: 'update-limits'; readonly containerId: string; readonly limits: LimitsPlan }
  | {
      readonly type: 'run-check'
      readonly containerId: string
      readonly token: number
      readonly attempt: CheckAttempt
      readonly timeoutMs: Millis
    }
  | { readonly type: 'executor-reply'; readonly requestId: number; readonly reply: ExecutorReply }
  | { readonly type: 'operator-reply'; readonly requestId: number; readonly reply: OperatorReply }
  /** The request is answered when it is gone. */
  | { readonly type: 'remove-sandbox'; readonly path: string; readonly requestId: number }
  | { readonly type: 'executor-event'; readonly connectionId: number; readonly event: executor.Event }
  | { readonly type: 'executor-close'; readonly connectionId: number }
  /** A v0 executor waits to be asked. */
  | { readonly type: 'executor-reconnect'; readonly driverPid: string; readonly agentId: string }
  /** Comes back as an input: how the core learns that a write is on disk. */
  | { readonly type: 'feedback'; readonly input: AgentInput }
  /** Answered by the input `load`. */
  | { readonly type: 'read-load' }
  | { readonly type: 'agent-id'; readonly agentId: string }
  | { readonly type: 'collect-sandbox'; readonly path: string }
  | { readonly type: 'make-volume'; readonly path: string }
  | { readonly type: 'remove-volume'; readonly path: string; readonly keepRoot: boolean }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly event: string; readonly fields: LogFields }
  | { readonly type: 'exit'; readonly code: number; readonly message: string }

/** `after` names the store effect of the same step that must be durable first. */
export type AgentEffect = StoreEffect | TimerEffect | (AgentAction & { readonly after?: number })

export type LogFields = Readonly<Record<string, string | number | undefined>>
