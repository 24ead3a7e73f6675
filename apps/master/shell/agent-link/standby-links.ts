import { agentLinkServerOptions, agentLinkService, standbyHeaders } from '@thermosphere/protocol/node'
import type { AgentLinkHandlers, AgentLinkServerStream } from '@thermosphere/protocol/node'
import * as grpc from '@grpc/grpc-js'

/** Links of agents that came to a master which does not lead: they are told who does, now and on every change. */
export class StandbyLinks {
  readonly injector: grpc.ConnectionInjector
  readonly #server: grpc.Server
  readonly #streams = new Set<AgentLinkServerStream>()
  #leader: string | undefined

  constructor() {
    this.#server = new grpc.Server(agentLinkServerOptions)
    const handlers: AgentLinkHandlers = { connect: (stream) => this.#accept(stream) }
    this.#server.addService(agentLinkService, handlers)
    this.injector = this.#server.createConnectionInjector(grpc.ServerCredentials.createInsecure())
  }

  /** `host:port` of the master that agents shall go to, once it is ready for them. */
  announce(leader: string | undefined): void {
    if (leader === this.#leader) return
    this.#leader = leader
    for (const stream of this.#streams) this.#tell(stream)
  }

  close(): void {
    this.#server.forceShutdown()
  }

  #accept(stream: AgentLinkServerStream): void {
    this.#streams.add(stream)
    const finish = (): void => {
      if (this.#streams.delete(stream)) stream.end()
    }
    for (const end of ['end', 'error', 'cancelled', 'close']) stream.on(end, finish)
    // What an agent says is of no use here, but its end is noticed only by reading.
    stream.on('data', () => undefined)
    stream.sendMetadata(standbyHeaders())
    this.#tell(stream)
  }

  #tell(stream: AgentLinkServerStream): void {
    stream.write({ type: 'NOT_LEADER', not_leader: this.#leader === undefined ? {} : { leader: this.#leader } })
  }
}
