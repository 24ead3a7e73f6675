/**
 * A v0 driver, of a scheduler or of an executor, that speaks real messages and does nothing by itself. As C++ drivers
 * do, it says everything on one connection that stays, and neither gives nor expects answers.
 */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { decodeProtobuf, encodeProtobuf } from '../../codec.ts'
import type { WireName } from '../../codec.ts'
import type { WireTypes } from '../../wire/wire-types.gen.ts'
import { createSharedPortServer } from '../agent-link/index.ts'
import { formatProcessId, isMessageRequest, receiveMessage } from '../libprocess/index.ts'
import type { ReceivedMessage } from '../libprocess/index.ts'
import { eventually } from './fake-server.ts'

/** Machines that build are slow. */
const PATIENCE_MS = 30_000

export type FakeDriverOptions = {
  /** `scheduler(1)`. */
  readonly id: string
  /** Where it listens, if it is to be where another one was. */
  readonly port?: number
  /** Whom it speaks to, on this machine. */
  readonly peer: { readonly id: string; readonly port: number }
}

export class FakeDriver {
  readonly port: number
  readonly pid: string
  /** What its peer said on the connection for messages to it. */
  answered = ''
  readonly #peer: FakeDriverOptions['peer']
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #received: ReceivedMessage[] = []
  #own: net.Socket | undefined

  private constructor(server: net.Server, httpServer: http.Server, { id, peer }: FakeDriverOptions) {
    const { port } = server.address() as net.AddressInfo
    this.#server = server
    this.#peer = peer
    this.port = port
    this.pid = formatProcessId({ id, host: '127.0.0.1', port })
    const deliver = (message: ReceivedMessage): boolean => message.to === id && this.#received.push(message) > 0
    server.on('connection', (socket) => this.#sockets.add(socket))
    httpServer.on('request', (request, response) => {
      if (isMessageRequest(request)) void receiveMessage(request, response, deliver)
      else response.destroy()
    })
  }

  static async start(options: FakeDriverOptions): Promise<FakeDriver> {
    const httpServer = http.createServer()
    const server = createSharedPortServer({ httpServer })
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeDriver(server, httpServer, options)
  }

  /** Messages that came, since `forget` was called if it was. */
  get received(): readonly ReceivedMessage[] {
    return this.#received
  }

  forget(): void {
    this.#received = []
  }

  say<Name extends WireName>(name: Name, message: WireTypes[Name]): void {
    this.sayBytes(name, encodeProtobuf(name, message))
  }

  sayBytes(name: string, body: Uint8Array): void {
    const own = (this.#own ??= this.#connect())
    own.write(
      `POST /${this.#peer.id}/${name} HTTP/1.1\r\n` +
        `User-Agent: libprocess/${this.pid}\r\nLibprocess-From: ${this.pid}\r\n` +
        `Connection: Keep-Alive\r\nHost: \r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    own.write(body)
  }

  heard<Name extends WireName>(name: Name): WireTypes[Name][] {
    return this.#received.filter((message) => message.name === name).map(({ body }) => decodeProtobuf(name, body))
  }

  /** The first message of that name that fits, once it is there. */
  async next<Name extends WireName>(
    name: Name,
    fits: (message: WireTypes[Name]) => boolean = () => true,
  ): Promise<WireTypes[Name]> {
    return eventually(name, () => this.heard(name).find(fits), PATIENCE_MS)
  }

  /** Breaks the connections to it, and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#sockets.clear()
  }

  /** As kill -9 does. */
  async crash(): Promise<void> {
    this.#own?.destroy()
    this.cut()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(): net.Socket {
    const socket = net.connect({ port: this.#peer.port, host: '127.0.0.1', noDelay: true })
    socket.on('data', (chunk) => (this.answered += chunk.toString()))
    // Its peer is killed: the next message goes to the one after it.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (this.#own === socket) this.#own = undefined
    })
    return socket
  }
}
