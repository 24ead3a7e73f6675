/** What must hold of every status update on its way from an agent's disk to its acknowledgement. */
import type { AgentState } from '@thermosphere/agent-core'
import type { Millis } from '@thermosphere/effects'
import type { agentLink, mesos } from '@thermosphere/protocol'
import type { Machine } from '../hosts/agent/machine.ts'
import type { SimProcess } from '../kernel/index.ts'
import type { Report } from '../world/report.ts'

/** An update that nobody acknowledges is sent again after `min`, then after twice as long each time, up to `max`. */
const backoffMs = { min: 10_000, max: 600_000 }
const graceMs: Millis = 5_000

/** `skewMs`: how far the clock of its host was off when it was sent last. */
type Sent = { readonly at: Millis; readonly waitMs: Millis; readonly skewMs: Millis }

type Place = { readonly process: SimProcess; readonly machine: Machine; readonly state: AgentState }

const keyOf = (uuid: Uint8Array | undefined): string => uuid?.join() ?? ''

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

  onSent({ status_update }: agentLink.AgentMessage, { time, skew }: Machine): void {
    if (status_update === undefined) return
    const key = keyOf(status_update.status.uuid)
    const before = this.#sent.get(key)
    const waitMs = before === undefined ? backoffMs.min : Math.min(before.waitMs * 2, backoffMs.max)
    this.#sent.set(key, { at: time.now, waitMs, skewMs: skew.ms })
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
    // Timers are set by the clock of the host: one that is set back puts them off.
    const setBackMs = Math.max(0, sent.skewMs - machine.skew.ms)
    const since = process.time.now - Math.max(sent.at, process.awakeSince, this.#hinderedAt.get(machine.name) ?? 0)
    if (since <= sent.waitMs + setBackMs + graceMs) return
    const what = `${head.state} of ${head.task_id.value}`
    this.#report('updates-are-repeated', `${machine.name} has not repeated ${what} for ${since} ms`)
  }
}
