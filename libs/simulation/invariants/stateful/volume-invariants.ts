/** What becomes of the volumes of an agent: made once, kept through everything, gone once destroyed. */
import type { AgentState } from '@thermosphere/agent-core'
import { reservationRole } from '@thermosphere/offer-engine'
import type { Resources } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import type { Machine } from '../../hosts/agent/machine.ts'
import type { Report } from '../../world/report.ts'

type Fate = 'there' | 'gone' | 'in doubt'

const keysOf = (resources: Resources): string[] =>
  resources.persistentVolumes().items.map(({ meta }) => `${meta.disk?.persistence?.id} of ${reservationRole(meta)}`)
const keyOf = ({ disk, reservations }: mesos.Resource): string =>
  `${disk?.persistence?.id} of ${reservations?.at(-1)?.role}`

export class VolumeInvariants {
  readonly #report: Report
  /** By host: an agent that is replaced by another leaves its volumes to it. */
  readonly #fates = new Map<string, Map<string, Fate>>()
  readonly #operations = new Map<string, mesos.Offer_Operation>()
  /** The last operation on each volume: what is told of one before says nothing any more. */
  readonly #last = new Map<string, mesos.Offer_Operation>()
  readonly #seen = new WeakSet<Resources>()

  constructor(report: Report) {
    this.#report = report
  }

  /** A master or an agent has these. */
  checkOnce(owner: string, total: Resources): void {
    if (this.#seen.has(total)) return
    this.#seen.add(total)
    const keys = keysOf(total)
    const twice = keys.find((key, i) => keys.indexOf(key) !== i)
    if (twice !== undefined) this.#report('volumes-made-once', `${owner} has the volume ${twice} twice`)
  }

  /** An agent is about to apply an operation. */
  onApply({ operation, operation_uuid }: agentLink.MasterMessage_ApplyOperation, { name }: Machine): void {
    this.#operations.set(`${name} ${operation_uuid.value.join()}`, operation)
    const fates = this.#fatesOf(name)
    for (const volume of [...(operation.create?.volumes ?? []), ...(operation.destroy?.volumes ?? [])]) {
      fates.set(keyOf(volume), 'in doubt')
      this.#last.set(`${name} ${keyOf(volume)}`, operation)
    }
  }

  /** An agent tells how an operation went: from then on others count on it. */
  onTold({ operation_status }: agentLink.AgentMessage, { name }: Machine): void {
    if (operation_status?.status.state !== 'OPERATION_FINISHED') return
    const key = `${name} ${operation_status.operation_uuid.value.join()}`
    const operation = this.#operations.get(key)
    // An update is repeated; what came after it counts more.
    this.#operations.delete(key)
    const fates = this.#fatesOf(name)
    const tell = (volumes: readonly mesos.Resource[] | undefined, fate: Fate): void => {
      for (const volume of volumes ?? [])
        if (this.#last.get(`${name} ${keyOf(volume)}`) === operation) fates.set(keyOf(volume), fate)
    }
    tell(operation?.create?.volumes, 'there')
    tell(operation?.destroy?.volumes, 'gone')
  }

  /** Whether an agent still has what it has told of; asked when it begins and now and then. */
  check({ total }: Pick<AgentState, 'total'>, { name }: Machine): void {
    const has = new Set(keysOf(total))
    for (const [key, fate] of this.#fatesOf(name)) {
      if (fate === 'there' && !has.has(key)) this.#report('volumes-survive', `${name} has lost the volume ${key}`)
      if (fate === 'gone' && has.has(key))
        this.#report('destroyed-volumes-are-gone', `${name} has the volume ${key} again, which was destroyed`)
    }
  }

  /** The directory of a new volume is made. */
  onMade(path: string, { name, volumes }: Machine): void {
    const [writer] = volumes.get(path) ?? []
    if (writer !== undefined)
      this.#report('destroyed-volumes-are-gone', `${name} makes ${path} anew, and what ${writer} wrote is in it`)
  }

  #fatesOf(name: string): Map<string, Fate> {
    const fates = this.#fates.get(name) ?? new Map<string, Fate>()
    this.#fates.set(name, fates)
    return fates
  }
}
