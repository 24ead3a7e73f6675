/** What the v1 frameworks of tests, benches and faults share: who they are, the offers they hold, the tasks they launch. */
import type { mesos, scheduler } from '@thermosphere/protocol'

type Identity = {
  /** Of the framework and of its role. */
  readonly name: string
  readonly failoverTimeoutSeconds?: number
  readonly capabilities?: readonly mesos.FrameworkInfo_Capability_Type[]
}

export const frameworkInfo = ({
  name,
  failoverTimeoutSeconds: failover_timeout,
  capabilities = [],
}: Identity): mesos.FrameworkInfo => ({
  name,
  user: 'root',
  roles: [name],
  checkpoint: true,
  ...(failover_timeout !== undefined && { failover_timeout }),
  capabilities: (['MULTI_ROLE', ...capabilities] as const).map((type) => ({ type })),
})

/** Offers that were made and not rescinded. */
export class HeldOffers {
  #offers: mesos.Offer[] = []

  onEvent({ offers, rescind }: scheduler.Event): void {
    this.#offers.push(...(offers?.offers ?? []))
    if (rescind !== undefined) this.#offers = this.#offers.filter(({ id }) => id.value !== rescind.offer_id.value)
  }

  get isEmpty(): boolean {
    return this.#offers.length === 0
  }

  /** The oldest. */
  take(): mesos.Offer | undefined {
    return this.#offers.shift()
  }

  /** No offer outlives the stream that it came on. */
  clear(): void {
    this.#offers = []
  }
}

const scalar = (name: string, value: number, role: string): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role },
})

export type CommandTask = {
  readonly id: string
  readonly role: string
  readonly command: string
  readonly cpus: number
  readonly memMib: number
  readonly env?: Readonly<Record<string, string>>
  /** On cpus that are offered a second time. */
  readonly isRevocable?: boolean
}

export type ExecutorTask = {
  readonly id: string
  readonly data: string
  readonly executor_id: mesos.ExecutorID
  /** Of the executor. */
  readonly command: string
}

/** A task of an executor that may have others. */
export function executorTask(offer: mesos.Offer, task: ExecutorTask): mesos.TaskInfo {
  const { id, data, executor_id, command } = task
  const { framework_id, agent_id, allocation_info } = offer
  const role = allocation_info?.role ?? '*'
  return {
    name: id,
    task_id: { value: id },
    agent_id,
    resources: [scalar('cpus', 0.1, role), scalar('mem', 32, role)],
    executor: {
      executor_id,
      framework_id,
      command: { shell: true, value: command },
      resources: [scalar('cpus', 0.1, role), scalar('mem', 64, role)],
    },
    data: Buffer.from(data),
  }
}

export function commandTask(offer: mesos.Offer, task: CommandTask): mesos.TaskInfo {
  const { id, role, command, cpus, memMib, env = {}, isRevocable = false } = task
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }))
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [{ ...scalar('cpus', cpus, role), ...(isRevocable && { revocable: {} }) }, scalar('mem', memMib, role)],
    command: { shell: true, value: command, ...(variables.length > 0 && { environment: { variables } }) },
  }
}
