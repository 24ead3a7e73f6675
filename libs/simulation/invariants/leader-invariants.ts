/** Who may write, and who must have stopped. */
import type { Millis } from '@thermosphere/effects'
import type { Report } from '../world/report.ts'
import type { Applied, SimProcess, SimStore, VirtualTime } from '../kernel/index.ts'

/** A leader counts its lease from the asking: it ends before the lease does in the store, give or take a message. */
const graceMs: Millis = 3_000

type Options = { readonly report: Report; readonly store: SimStore; readonly time: VirtualTime }
type Term = { readonly leadership: { readonly name: string; readonly token: number } }

export class LeaderInvariants {
  readonly #options: Options
  readonly #deposedSince = new Map<SimProcess, Millis>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Keys begin with the name under which their writers elect a leader. */
  onApplied({ by, operations }: Applied): void {
    const { store, report } = this.#options
    for (const operation of operations) {
      const key = operation.type === 'delete-prefix' ? operation.prefix : operation.key
      const name = key.slice(0, key.indexOf('/'))
      const last = store.lastHolder(name)
      if (last !== undefined && last.by !== by)
        report('one-leader-writes', `${by} writes ${key}, and ${last.by} has been elected`)
    }
  }

  /** Called now and then for each process that may lead. */
  look(process: SimProcess, term: Term | undefined): void {
    const { store, report, time } = this.#options
    const isDeposed = term !== undefined && store.holder(term.leadership.name)?.token !== term.leadership.token
    const isAwake = process.isUp && !process.isPaused
    if (!isDeposed || !isAwake) return void this.#deposedSince.delete(process)
    const since = Math.max(this.#deposedSince.get(process) ?? time.now, process.awakeSince)
    this.#deposedSince.set(process, since)
    if (time.now - since > graceMs)
      report('deposed-leader-stops', `${process.name} still leads ${term.leadership.name} after ${time.now - since} ms`)
  }
}
