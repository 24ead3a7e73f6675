import type { agent, agentLink, executor, mesos } from '@thermosphere/protocol'
import type { ExecutorClaims } from './access/access.ts'

/** How a container ended, as the containerizer tells it. */
export type ContainerEnd = {
  readonly exitCode?: number | undefined
  readonly signal?: number | undefined
  readonly limitation?: { readonly resource: string; readonly message: string } | undefined
  readonly message?: string | undefined
}

/** `handle` is opaque here: checkpointed and given back to the containerizer after a restart. */
export type Launched = {
  readonly containerId: string
  readonly pid: number
  readonly ipAddress?: string | undefined
  readonly dockerData?: Uint8Array | undefined
  readonly handle: unknown
}

export type CheckResult =
  | { readonly type: 'command'; readonly exitCode: number }
  | { readonly type: 'http'; readonly statusCode: number }
  | { readonly type: 'tcp'; readonly succeeded: boolean }
  | { readonly type: 'none'; readonly message: string }

/** Of a container that an earlier agent launched; `lost` when nothing is known of it any more. */
export type RecoveredContainer = { readonly containerId: string; readonly state: 'running' | 'ended' | 'lost' }

/** The driver of a v0 executor, by its process id of libprocess; one that `isReturning` was asked to. */
export type Driver = { readonly pid: string; readonly isReturning: boolean }

export type AgentInput =
  /** `cleanup`: everything that was found is to be ended, then the agent. */
  | { readonly type: 'recovered'; readonly containers: readonly RecoveredContainer[]; readonly cleanup?: boolean }
  | { readonly type: 'link-up' }
  | { readonly type: 'link-down'; readonly reason: string }
  | { readonly type: 'master'; readonly message: agentLink.MasterMessage }
  | { readonly type: 'timer'; readonly key: string }
  | ({ readonly type: 'launched' } & Launched)
  | { readonly type: 'launch-failed'; readonly containerId: string; readonly message: string }
  /** A running container could not be given other limits. */
  | { readonly type: 'update-failed'; readonly containerId: string; readonly message: string }
  | { readonly type: 'ended'; readonly containerId: string; readonly end: ContainerEnd }
  | {
      readonly type: 'check-result'
      readonly token: number
      readonly containerId: string
      readonly result: CheckResult
    }
  | {
      readonly type: 'executor-subscribe'
      readonly connectionId: number
      readonly requestId: number
      readonly call: executor.Call
      readonly claims: ExecutorClaims | undefined
      /** Of a v0 executor, for which this stands for its registration. */
      readonly driver?: Driver
    }
  | {
      readonly type: 'executor-call'
      readonly requestId: number
      readonly call: executor.Call
      /** Of its token, where executors have to show one. */
      readonly claims: ExecutorClaims | undefined
      /** The process that sent it, if a driver did. */
      readonly driverPid?: string
    }
  | { readonly type: 'executor-gone'; readonly connectionId: number }
  /** A call about containers; the others are answered by views. */
  | { readonly type: 'operator-call'; readonly requestId: number; readonly call: agent.Call }
  | { readonly type: 'operator-gone'; readonly requestId: number }
  | { readonly type: 'session-closed'; readonly containerKey: string }
  | {
      readonly type: 'updates-durable'
      readonly frameworkId: string
      readonly taskId: string
      readonly sequence: number
    }
  | { readonly type: 'operation-durable'; readonly uuid: string }
  /** The machine's load averages. */
  | { readonly type: 'load'; readonly fiveMinutes: number; readonly fifteenMinutes: number }
  | { readonly type: 'shut-down'; readonly message: string; readonly unregister: boolean }

/** A wire enum value that a core compares often. */
export type TaskState = mesos.TaskState
