/** Where a part is reached: takes connections and hands their bytes on while the network lets them pass. */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { acceptedConnection } from './connection.ts'
import { Relay } from './relay.ts'
import type { RelayRules } from './relay.ts'

export type FrontPlace = {
  readonly host: string
  readonly port: number
  /** Where the part itself listens, on the same port. */
  readonly behind: string
}

export type FrontRules = Omit<RelayRules, 'caller'> & {
  readonly callerOf: (connection: string) => Promise<string>
}

export class Front {
  readonly #server: Server
  readonly #place: FrontPlace
  readonly #rules: FrontRules
  readonly #relays = new Set<Relay>()
  readonly #arriving = new Set<Socket>()

  static async listen(place: FrontPlace, rules: FrontRules): Promise<Front> {
    // Half-open as TCP is: a client that has sent all still reads.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: place.host, port: place.port }, () => resolve())
    })
    return new Front(server, place, rules)
  }

  private constructor(server: Server, place: FrontPlace, rules: FrontRules) {
    this.#server = server
    this.#place = place
    this.#rules = rules
    server.on('connection', (socket: Socket) => void this.#accept(socket))
  }

  async #accept(socket: Socket): Promise<void> {
    this.#arriving.add(socket)
    socket.on('error', () => undefined)
    const caller = await this.#rules.callerOf(acceptedConnection(socket))
    if (!this.#arriving.delete(socket) || socket.destroyed) return
    const { behind: host, port } = this.#place
    const relay = new Relay(socket, { host, port, rules: { ...this.#rules, caller } })
    this.#relays.add(relay)
    relay.onClosed(() => this.#relays.delete(relay))
  }

  update(): void {
    for (const relay of this.#relays) relay.update()
  }

  /** The caller has ended; its connections end with it. */
  dropFrom(caller: string): void {
    for (const relay of this.#relays) if (relay.caller === caller) relay.destroy()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#arriving) socket.destroy()
    this.#arriving.clear()
    for (const relay of this.#relays) relay.destroy()
    await closed
  }
}
