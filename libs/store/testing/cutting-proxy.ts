import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Stands between a client and a server and loses answers: what was sent arrives, what comes back does not. */
export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cutsLeft = 0
  cutCount = 0

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')))
  }

  /** In front of a port of 127.0.0.1. */
  static async start(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo
    return `127.0.0.1:${port}`
  }

  /** The next answers that come back, one a connection, are dropped and their connection is closed. */
  cut(count: number): void {
    this.#cutsLeft = count
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    let answerCount = 0
    client.pipe(server)
    server.on('data', (data: Buffer) => {
      // The first answers of a connection are HTTP/2's own settings, before any request was carried out.
      if (answerCount++ < 3 || this.#cutsLeft === 0) client.write(data)
      else {
        this.#cutsLeft--
        this.cutCount++
        client.destroy()
      }
    })
  }
}
