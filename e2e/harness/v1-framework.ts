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

export function commandTask(offer: mesos.Offer, task: CommandTask): mesos.TaskInfo {
  const { id, role, command, cpus, memMib, env = {}, isRevocable = false } = task
  const scalar = (name: string, value: number): mesos.Resource => ({
    name,
    type: 'SCALAR',
    scalar: { value },
    allocation_info: { role },
  })
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }))
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [{ ...scalar('cpus', cpus), ...(isRevocable && { revocable: {} }) }, scalar('mem', memMib)],
    command: { shell: true, value: command, ...(variables.length > 0 && { environment: { variables } }) },
  }
}
