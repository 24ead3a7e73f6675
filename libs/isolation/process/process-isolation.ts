/** What differs between plain processes and isolated ones; the life of a container is the same for both. */
import type { ContainerId, ContainerLimits, ContainerSpec, ContainerUsage, Termination } from '../containerizer.ts'
import type { ContainerRecord, ProcessIdentity } from '../supervision/runtime-directory.ts'
import type { SupervisorParts } from '../supervision/supervisor-script.ts'

/** A container as isolation sees it. */
export type IsolatedContainer = {
  readonly containerId: ContainerId
  readonly record: ContainerRecord
  readonly supervisor: ProcessIdentity
}

export type ParentContainer = { readonly containerId: ContainerId; readonly initPid: number | undefined }

export type LaunchPlan = {
  /** Words that become the supervisor's shell by exec. */
  readonly supervisorPrefix: readonly string[]
  readonly parts: Pick<SupervisorParts, 'setup' | 'isInit'>
  /** Shell words between the set-up and the change of user. */
  readonly enter: readonly string[]
}

export interface ProcessIsolation {
  readonly name: 'posix' | 'linux'
  /** Makes what the container needs on the host. What it made is released by `release`, also after a failure. */
  prepare(spec: ContainerSpec, parent: ParentContainer | undefined): Promise<LaunchPlan>
  /** Processes of the task, without its supervisor and init. */
  members(container: IsolatedContainer): Promise<readonly number[]>
  /** Ends every process of the container at once, as far as the kernel offers that. The supervisor lives on. */
  killAll(container: IsolatedContainer): Promise<void>
  limitation(container: IsolatedContainer): Promise<Termination['limitation']>
  usage(container: IsolatedContainer): Promise<ContainerUsage>
  update(container: IsolatedContainer, limits: ContainerLimits): Promise<void>
  /** Shell lines and words that bring a further process into the container. */
  enter(container: IsolatedContainer): Promise<{ readonly setup: readonly string[]; readonly words: readonly string[] }>
  /** Called once at start for containers that run already: their limits are watched from now on. */
  watch(container: IsolatedContainer, onLimit: () => void): void
  /** Idempotent; its processes have gone. */
  release(container: Pick<IsolatedContainer, 'containerId' | 'record'>): Promise<void>
  close(): void
}
