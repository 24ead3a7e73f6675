/** What an author says about a framework, and what the master is told. */
import { userInfo } from 'node:os'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Credential, Masters } from '@thermosphere/protocol/node'
import type { FrameworkError } from '../errors.ts'
import { FAILOVER_TIMEOUT_MS, FAILOVER_TIMEOUT_STORED_MS } from '../limits.ts'
import type { Task } from '../tasks/index.ts'
import type { FrameworkEvent } from './events.ts'
import type { FrameworkIdStore } from './id-store.ts'

/** Set by options of their own. */
type Described = 'id' | 'name' | 'user' | 'role' | 'roles' | 'failover_timeout' | 'capabilities'

export type FrameworkOptions = {
  /** `host:port` or a URL each; one is enough, it names the leader. Or a source that yields the leader's address. */
  readonly masters: Masters
  readonly name: string
  /** Whom tasks run as; the user of this process unless given. */
  readonly user?: string
  /** What offers are for; `['*']` unless given. */
  readonly roles?: readonly string[]
  /** Basic authentication. A function is asked for each subscription, so that the secret can rotate. */
  readonly credential?: Credential | (() => Credential | undefined)
  /** Keeps the id, so that the next instance takes over the tasks; without it each instance is a new framework. */
  readonly idStore?: FrameworkIdStore
  /** Milliseconds for which tasks go on while no instance is subscribed: a week with an id store, else ten minutes. */
  readonly failoverTimeoutMs?: number
  /** Besides MULTI_ROLE, PARTITION_AWARE and TASK_KILLING_STATE. */
  readonly capabilities?: readonly mesos.FrameworkInfo_Capability_Type[]
  /** Whatever else Mesos' FrameworkInfo has. Tasks outlive their agent's process unless `checkpoint` is false. */
  readonly info?: Omit<Partial<mesos.FrameworkInfo>, Described>
  readonly offerConstraints?: scheduler.OfferConstraints
  /**
   * Handles a status of a task: write down here what must not be lost. The update is acknowledged when this has
   * resolved; when it rejects, the update is not acknowledged and comes again. One task's updates come in order.
   * Some repeat what was said before, as answers to reconciliation do.
   */
  readonly onUpdate?: (status: mesos.TaskStatus, task: Task) => Promise<void> | void
  /** Every event, before anything is done about it. */
  readonly onEvent?: (event: FrameworkEvent) => void
  /** What went wrong and is being made good, as a rejected `onUpdate`. A process warning unless given. */
  readonly onError?: (error: FrameworkError) => void
  readonly offers?: {
    /** Offers that wait for the loop; further ones are declined. 64 unless given. */
    readonly heldMax?: number
    /** Milliseconds until an offer that has no answer is declined. 30,000 unless given. */
    readonly holdMs?: number
    /** Milliseconds of every answer that does not say otherwise. 5,000 unless given, as in Mesos. */
    readonly refuseMs?: number
  }
  /** Milliseconds between two rounds of reconciliation. 15 minutes unless given. */
  readonly reconcileIntervalMs?: number
}

const capabilities = ['MULTI_ROLE', 'PARTITION_AWARE', 'TASK_KILLING_STATE'] as const

/** A container may run as a number that has no name; the agent's own user is meant then. */
function userOfProcess(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

export function frameworkInfo(options: FrameworkOptions, id: string | undefined): mesos.FrameworkInfo {
  const { name, user = userOfProcess(), roles = ['*'], idStore, info } = options
  const timeoutMs =
    options.failoverTimeoutMs ?? (idStore === undefined ? FAILOVER_TIMEOUT_MS : FAILOVER_TIMEOUT_STORED_MS)
  const types = new Set<mesos.FrameworkInfo_Capability_Type>([...capabilities, ...(options.capabilities ?? [])])
  return {
    checkpoint: true,
    ...info,
    name,
    user,
    roles: [...roles],
    failover_timeout: timeoutMs / 1000,
    capabilities: [...types].map((type) => ({ type })),
    ...(id !== undefined && { id: { value: id } }),
  }
}
