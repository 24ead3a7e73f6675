import type { agentLink } from '@thermosphere/protocol'
import { encodeLinkMessage, LinkServer } from '@thermosphere/protocol/node'
import type { ServerLink } from '@thermosphere/protocol/node'

export type LinkEvents = {
  /** Whether what was said before is not dealt with yet. */
  isBehind(): boolean
  onOpen(linkId: number, ip: string): void
  onMessage(linkId: number, message: agentLink.AgentMessage): void
  onClose(linkId: number): void
}

/** All links of agents, by number. Every link is announced once, and once over. */
export class AgentLinkServer {
  readonly acceptor: LinkServer
  readonly #events: LinkEvents
  readonly #links = new Map<number, ServerLink>()
  #nextLink = 1

  constructor(events: LinkEvents) {
    this.#events = events
    this.acceptor = new LinkServer({ isBehind: () => events.isBehind(), onLink: (link) => this.#accept(link) })
  }

  send(linkId: number, message: agentLink.MasterMessage): void {
    this.#links.get(linkId)?.send(encodeLinkMessage(message))
  }

  /** Ends a link after what was sent on it. */
  hangUp(linkId: number): void {
    this.#links.get(linkId)?.end()
  }

  close(): void {
    this.acceptor.close()
  }

  #accept(link: ServerLink): void {
    const linkId = this.#nextLink++
    this.#links.set(linkId, link)
    this.#events.onOpen(linkId, link.ip)
    link.listen({
      onMessage: (message) => this.#events.onMessage(linkId, message),
      onEnd: () => {
        this.#links.delete(linkId)
        this.#events.onClose(linkId)
      },
    })
  }
}
