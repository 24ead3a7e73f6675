import { createSharedPortServer, isMessageRequest, Messenger, receiveMessage } from '@thermosphere/protocol/node'
import type { ReceivedMessage } from '@thermosphere/protocol/node'
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { WireName, WireTypes } from '@thermosphere/protocol'
import { eventually } from '@thermosphere/test-kit'
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'

/** A driver of a scheduler that speaks real messages and does nothing by itself. */
export class FakeDriver {
  readonly pid: string
  readonly received: ReceivedMessage[] = []
  readonly #messenger: Messenger
  readonly #master: { readonly id: string; readonly host: string; readonly port: number }
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(server: net.Server, httpServer: http.Server, { masterPort = 0, id = 'scheduler(1)' }) {
    const { port } = server.address() as net.AddressInfo
    this.#server = server
    this.#master = { id: 'master', host: '127.0.0.1', port: masterPort }
    this.pid = `${id}@127.0.0.1:${port}`
    this.#messenger = new Messenger({ self: { id, host: '127.0.0.1', port }, onExited: () => undefined })
    const deliver = (message: ReceivedMessage): boolean => message.to === id && this.received.push(message) > 0
    server.on('connection', (socket) => this.#sockets.add(socket))
    httpServer.on('request', (request, response) => {
      if (isMessageRequest(request)) void receiveMessage(request, response, deliver)
      else response.destroy()
    })
  }

  /** `port`: where it listens, if it is to be where another one was. */
  static async start(masterPort: number, { port = 0, id = 'scheduler(1)' } = {}): Promise<FakeDriver> {
    const httpServer = http.createServer()
    const server = createSharedPortServer({ httpServer })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new FakeDriver(server, httpServer, { masterPort, id })
  }

  get port(): number {
    return Number(this.pid.split(':')[1])
  }

  say<Name extends WireName>(name: Name, message: WireTypes[Name]): void {
    this.sayBytes(name, encodeProtobuf(name, message))
  }

  sayBytes(name: string, body: Uint8Array): void {
    this.#messenger.send(this.#master, name, body)
  }

  heard<Name extends WireName>(name: Name): WireTypes[Name][] {
    return this.received.filter((message) => message.name === name).map(({ body }) => decodeProtobuf(name, body))
  }

  /** The message of that name that fits, once it is there. */
  next<Name extends WireName>(
    name: Name,
    fits: (message: WireTypes[Name]) => boolean = () => true,
  ): Promise<WireTypes[Name]> {
    return eventually(name, () => this.heard(name).find(fits))
  }

  /** As kill -9 does. */
  async crash(): Promise<void> {
    this.#messenger.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}
