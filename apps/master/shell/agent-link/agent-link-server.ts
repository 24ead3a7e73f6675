import type { agentLink } from '@thermosphere/protocol'
import { agentLinkServerOptions, agentLinkService } from '@thermosphere/protocol/node'
import type { AgentLinkHandlers, AgentLinkServerStream } from '@thermosphere/protocol/node'
import * as grpc from '@grpc/grpc-js'
import { MASTER_LIMITS } from '../../limits.ts'

export type LinkEvents = {
  onOpen(linkId: number, ip: string): void
  onMessage(linkId: number, message: agentLink.AgentMessage): void
  onClose(linkId: number): void
}

/** `ipv4:10.0.0.1:5`, `10.0.0.1:5` or `[::1]:5` → the address alone. */
function ipOf(peer: string): string {
  const address = peer.replace(/^ipv[46]:/, '')
  const ip = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return ip.replace(/^::ffff:/, '')
}

/** All links of agents, by number. Every link is announced once, and once over. */
export class AgentLinkServer {
  readonly injector: grpc.ConnectionInjector
  readonly #server: grpc.Server
  readonly #events: LinkEvents
  readonly #links = new Map<number, AgentLinkServerStream>()
  #nextLink = 1

  constructor(events: LinkEvents) {
    this.#events = events
    this.#server = new grpc.Server(agentLinkServerOptions)
    const handlers: AgentLinkHandlers = { connect: (stream) => this.#accept(stream) }
    this.#server.addService(agentLinkService, handlers)
    this.injector = this.#server.createConnectionInjector(grpc.ServerCredentials.createInsecure())
  }

  send(linkId: number, message: agentLink.MasterMessage): void {
    const stream = this.#links.get(linkId)
    if (!stream) return
    stream.write(message)
    if (stream.writableLength > MASTER_LIMITS.linkQueueMax) stream.destroy()
  }

  /** Ends a link after what was sent on it. */
  hangUp(linkId: number): void {
    this.#links.get(linkId)?.end()
  }

  close(): void {
    for (const linkId of [...this.#links.keys()]) this.hangUp(linkId)
    this.#server.forceShutdown()
  }

  #accept(stream: AgentLinkServerStream): void {
    const linkId = this.#nextLink++
    this.#links.set(linkId, stream)
    const finish = (): void => {
      if (!this.#links.delete(linkId)) return
      stream.end()
      this.#events.onClose(linkId)
    }
    // The answer's headers: this master leads.
    stream.sendMetadata(new grpc.Metadata())
    this.#events.onOpen(linkId, ipOf(stream.getPeer()))
    stream.on('data', (message: agentLink.AgentMessage) => this.#events.onMessage(linkId, message))
    for (const end of ['end', 'error', 'cancelled', 'close']) stream.on(end, finish)
  }
}
