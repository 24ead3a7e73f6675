import { encodeLinkMessage, LinkServer, standbyHeaders } from '@thermosphere/protocol/node'
import type { ServerLink } from '@thermosphere/protocol/node'

/** Links of agents that came to a master which does not lead: they are told who does, now and on every change. */
export class StandbyLinks {
  readonly acceptor: LinkServer
  readonly #links = new Set<ServerLink>()
  #leader: string | undefined

  constructor() {
    this.acceptor = new LinkServer({ headers: standbyHeaders, onLink: (link) => this.#accept(link) })
  }

  /** `host:port` of the master that agents shall go to, once it is ready for them. */
  announce(leader: string | undefined): void {
    if (leader === this.#leader) return
    this.#leader = leader
    for (const link of this.#links) this.#tell(link)
  }

  close(): void {
    this.acceptor.close()
  }

  #accept(link: ServerLink): void {
    this.#links.add(link)
    // What an agent says is of no use here, but its end is noticed only by reading.
    link.listen({ onMessage: () => undefined, onEnd: () => this.#links.delete(link) })
    this.#tell(link)
  }

  #tell(link: ServerLink): void {
    const leader = this.#leader === undefined ? {} : { leader: this.#leader }
    link.send(encodeLinkMessage({ type: 'NOT_LEADER', not_leader: leader }))
  }
}
