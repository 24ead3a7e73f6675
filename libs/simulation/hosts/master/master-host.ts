/** One life of a master's process: it campaigns, leads or says who does, as the server does on its port. */
import type { Random } from '@thermosphere/effects'
import { Candidate } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import { candidateClockOf } from '../../kernel/index.ts'
import type { Ends, Line, Network, SimProcess } from '../../kernel/index.ts'
import type { Answer, FromLink, FromStream, ToCalls, ToLink, ToOperator, ToStream } from '../wire.ts'
import type { Masters } from '../../scenario/scenario.ts'
import type { Report } from '../scheduler/report.ts'
import { openMasterTerm } from './master-term.ts'
import type { MasterTerm } from './master-term.ts'
import type { MasterWatch } from './master-watch.ts'

export type MasterHostOptions = {
  readonly process: SimProcess
  readonly network: Network
  readonly store: Store
  readonly random: Random
  readonly masters: Masters
  readonly watch: MasterWatch
  readonly report: Report
  readonly onFatal: (error: unknown) => void
}

const ttlMs = 10_000

export class MasterHost {
  readonly #name: string
  readonly #candidate: Candidate<MasterTerm>
  readonly #standbys = new Set<Line<FromLink>>()
  #announced: string | undefined

  constructor(options: MasterHostOptions) {
    const { process, network, store, random, onFatal } = options
    this.#name = process.name
    this.#candidate = new Candidate({
      store,
      name: 'master',
      ttlMs,
      open: async (leadership, end) => {
        const term = await openMasterTerm({ ...options, leadership, end })
        this.#announce(this.#name)
        return term
      },
      onLeader: (leader) => leader !== this.#name && this.#announce(leader),
      onFatal,
      clock: candidateClockOf(process, random),
    })
    network.listen<ToStream, FromStream>({ process, service: 'stream' }, (line) => this.#acceptStream(line))
    network.listen<ToCalls, Answer>({ process, service: 'calls' }, (line) =>
      this.#acceptCalls(line, (term, message) => term.schedulerCall(message, line)),
    )
    network.listen<ToOperator, Answer>({ process, service: 'operator' }, (line) =>
      this.#acceptCalls(line, (term, message) => term.operatorCall(message, line)),
    )
    network.listen<ToLink, FromLink>({ process, service: 'link' }, (line, from) => this.#acceptLink(line, from))
    this.#candidate.start(this.#name)
  }

  get term(): MasterTerm | undefined {
    return this.#candidate.term
  }

  get #leader(): string | undefined {
    const { leader } = this.#candidate
    return leader === this.#name ? undefined : leader
  }

  #acceptStream(line: Line<FromStream>): Ends<ToStream> {
    const { term } = this
    if (term !== undefined) return term.acceptStream(line)
    line.send(this.#leader === undefined ? { type: 'unavailable' } : { type: 'moved', to: this.#leader })
    line.close()
    return { onMessage: () => undefined, onClose: () => undefined }
  }

  #acceptCalls<Message extends { readonly id: number }>(
    line: Line<Answer>,
    ask: (term: MasterTerm, message: Message) => void,
  ): Ends<Message> {
    return {
      onMessage: (message) => {
        if (this.term !== undefined) ask(this.term, message)
        else line.send({ id: message.id, status: this.#leader === undefined ? 503 : 307 })
      },
      onClose: () => undefined,
    }
  }

  #acceptLink(line: Line<FromLink>, from: string): Ends<ToLink> {
    if (this.term !== undefined) return this.term.acceptLink(line, from)
    this.#standbys.add(line)
    line.send({ type: 'standby' })
    this.#tell(line)
    return { onMessage: () => undefined, onClose: () => void this.#standbys.delete(line) }
  }

  #announce(leader: string | undefined): void {
    if (leader === this.#announced) return
    this.#announced = leader
    for (const line of this.#standbys) this.#tell(line)
  }

  #tell(line: Line<FromLink>): void {
    const leader = this.#announced
    const message = { type: 'NOT_LEADER' as const, not_leader: leader === undefined ? {} : { leader } }
    line.send({ type: 'message', message })
  }
}
