/** What must hold of every status update on its way from an agent's disk to its acknowledgement. */
import type { AgentState } from '@thermosphere/agent-core'
import type { Millis } from '@thermosphere/effects'
import type { agentLink, mesos } from '@thermosphere/protocol'
import type { PendingUpdate } from '../hosts/agent/agent-host.ts'
import type { Machine } from '../hosts/agent/machine.ts'
import type { SimDisk, SimProcess } from '../kernel/index.ts'
import type { Report } from '../world/report.ts'

/** An update that nobody acknowledges is sent again after `min`, then after twice as long each time, up to `max`. */
const backoffMs = { min: 10_000, max: 600_000 }
const graceMs: Millis = 5_000

type Sent = { readonly at: Millis; readonly waitMs: Millis }

type Place = { readonly process: SimProcess; readonly machine: Machine; readonly state: AgentState }

const keyOf = (uuid: Uint8Array | undefined): string => uuid?.join() ?? ''

/** Whether an agent has that update on its disk, where keys are `update/<framework>/<task>/<number>`. */
export const isUpdateStored = (
  { entries }: SimDisk,
  { task_id, uuid }: Pick<mesos.TaskStatus, 'task_id' | 'uuid'>,
): boolean =>
  [...entries].some(([key, value]) => {
    const [area, , taskId] = key.split('/')
    return area === 'update' && taskId === task_id.value && value.includes(`"${uuid?.toBase64()}"`)
  })

export class UpdateInvariants {
  readonly #report: Report
  readonly #acknowledged = new Set<string>()
  readonly #sent = new Map<string, Sent>()
  /** By agent, when it was last seen unable to send, or to write what must be written before. */
  readonly #hinderedAt = new Map<string, Millis>()

  constructor(report: Report) {
    this.#report = report
  }

  /** A framework's acknowledgement has reached a master. */
  onAcknowledged({ uuid }: { readonly uuid: Uint8Array }): void {
    this.#acknowledged.add(keyOf(uuid))
  }

  onSent({ status_update }: agentLink.AgentMessage, machine: Machine, pending: readonly PendingUpdate[]): void {
    if (status_update === undefined) return
    this.#lookOnDisk(status_update, machine, pending)
    const key = keyOf(status_update.status.uuid)
    const before = this.#sent.get(key)
    const waitMs = before === undefined ? backoffMs.min : Math.min(before.waitMs * 2, backoffMs.max)
    this.#sent.set(key, { at: machine.time.now, waitMs })
  }

  /** One that was acknowledged, or whose framework was ended, since its agent decided to send it, is there no more. */
  #lookOnDisk(
    { status }: agentLink.AgentMessage_StatusUpdate,
    { name, disk }: Machine,
    pending: readonly PendingUpdate[],
  ): void {
    if (!pending.some((update) => keyOf(update.status.uuid) === keyOf(status.uuid))) return
    if (isUpdateStored(disk, status)) return
    const what = `${status.state} of ${status.task_id.value}`
    this.#report('updates-stored-before-sent', `${name} sends ${what}, which is not on its disk`)
  }

  /** An agent takes an update for acknowledged. */
  onDone({ task_id, state, uuid }: mesos.TaskStatus, { name }: Machine): void {
    this.#sent.delete(keyOf(uuid))
    if (this.#acknowledged.has(keyOf(uuid))) return
    this.#report('updates-await-acknowledgement', `${name} drops ${state} of ${task_id.value} unacknowledged`)
  }

  /** Called now and then for each agent. */
  look({ process, machine, state }: Place): void {
    if (!process.isUp || process.isPaused || state.link.type !== 'registered' || !machine.disk.isCalm) {
      this.#hinderedAt.set(machine.name, process.time.now)
      return
    }
    for (const { streams } of state.frameworks.values())
      for (const { pending } of streams.values()) this.#lookAt(pending[0]?.status, { process, machine, state })
  }

  #lookAt(head: mesos.TaskStatus | undefined, { process, machine }: Place): void {
    const sent = this.#sent.get(keyOf(head?.uuid))
    if (head === undefined || sent === undefined) return
    const since = process.time.now - Math.max(sent.at, process.awakeSince, this.#hinderedAt.get(machine.name) ?? 0)
    if (since <= sent.waitMs + graceMs) return
    const what = `${head.state} of ${head.task_id.value}`
    this.#report('updates-are-repeated', `${machine.name} has not repeated ${what} for ${since} ms`)
  }
}
