import type { agent, mesos } from '@thermosphere/protocol'
import type { LimitsPlan } from '../effects.ts'
import { containerIdText } from '../ids.ts'
import type { ContainerEnd } from '../inputs.ts'
import type { AgentState } from '../state.ts'

/** What the caller of a launch asked for. */
export type ContainerRequest = {
  readonly command: mesos.CommandInfo | undefined
  readonly container: mesos.ContainerInfo | undefined
  readonly resources: readonly mesos.Resource[]
  readonly limits: Readonly<Record<string, mesos.Value_Scalar>>
}

/** What containers below one inherit of it. */
export type Inheritance = {
  /** Whose processes, namespaces and cgroup they join; none of a pod, which has no process of its own. */
  readonly processKey: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly user: string | undefined
  readonly directory: string
  /** The sandbox that holds all sandboxes of the tree. */
  readonly rootDirectory: string
  /** Of a pod: who joins no cgroup gets its limits. */
  readonly podLimits?: LimitsPlan | undefined
  readonly isCheckpointed: boolean
}

export type OperatorContainerPhase =
  | { readonly type: 'launching'; readonly requestId: number | undefined }
  | { readonly type: 'running'; readonly pid: number }
  | { readonly type: 'destroying'; readonly pid: number | undefined; readonly requestId: number | undefined }
  | { readonly type: 'ended'; readonly end: ContainerEnd }

/** A container that was launched by a call of the operator API: nested in another, or standing alone. */
export type OperatorContainer = {
  /** As the containerizer knows it. */
  readonly key: string
  readonly id: mesos.ContainerID
  /** The id as Mesos prints it, `root.child`. */
  readonly name: string
  /** Sessions end with the connection that asked for them, and with the agent. */
  readonly kind: 'default' | 'session'
  readonly request: ContainerRequest
  readonly sandbox: string
  readonly inheritance: Inheritance
  phase: OperatorContainerPhase
  /** Forgotten with its end: what it lived in has gone. */
  isOrphan: boolean
}

/** `response` is the body of a call that has one; `containerKey` that of a session that runs now. */
export type OperatorReply = {
  readonly status: 200 | 202 | 400 | 404 | 500 | 501
  readonly message?: string
  readonly response?: agent.Response
  readonly containerKey?: string
}

export function findOperatorContainer(state: AgentState, id: mesos.ContainerID): OperatorContainer | undefined {
  const name = containerIdText(id)
  for (const container of state.operatorContainers.values()) if (container.name === name) return container
  return undefined
}

export function rootOf(id: mesos.ContainerID): mesos.ContainerID {
  return id.parent === undefined ? id : rootOf(id.parent)
}
