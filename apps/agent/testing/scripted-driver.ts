/** The driver of a v0 executor, played by a test: a process of libprocess with an address of its own. */
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { WireTypes } from '@thermosphere/protocol'
import { isMessageRequest, receiveMessage } from '@thermosphere/protocol/node'
import { eventually } from '@thermosphere/test-kit'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

type InternalName = Extract<keyof WireTypes, `mesos.internal.${string}`>
type Short<N> = N extends `mesos.internal.${infer Name}` ? Name : never
type Message<S extends string> = WireTypes[Extract<InternalName, `mesos.internal.${S}`>]

const PATIENCE_MS = 30_000

export class ScriptedDriver {
  readonly #server: Server
  readonly #received: { readonly name: string; readonly from: string; readonly body: Uint8Array }[] = []
  readonly #sockets = new Set<Socket>()
  #own: Socket | undefined
  /** What the agent said on the connection that messages to it are sent on. */
  answered = ''

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => this.#sockets.add(socket))
    server.on('request', (request, response) => {
      if (!isMessageRequest(request)) return void response.writeHead(400).end()
      void receiveMessage(request, response, ({ name, body, to, from }) => {
        if (to !== 'executor(1)') return false
        return this.#received.push({ name, from: `${from.id}@${from.host}:${from.port}`, body }) > 0
      })
    })
  }

  static async start(): Promise<ScriptedDriver> {
    const server = createServer({ keepAliveTimeout: 0 })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScriptedDriver(server)
  }

  get pid(): string {
    return `executor(1)@127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Names of the messages that came, without their package. */
  get names(): string[] {
    return this.#received.map(({ name }) => name.replace('mesos.internal.', ''))
  }

  /** Which process they came from. */
  get senders(): string[] {
    return [...new Set(this.#received.map(({ from }) => from))]
  }

  /** As C++ drivers do: on one connection that stays, without hearing answers. */
  async send<S extends Short<InternalName>>(port: number, name: S, message: Message<S>): Promise<void> {
    const full = `mesos.internal.${name}` as InternalName
    await this.sendBytes(port, name, encodeProtobuf(full, message as WireTypes[InternalName]))
  }

  async sendBytes(port: number, name: string, body: Uint8Array): Promise<void> {
    const { pid } = this
    const own = (this.#own ??= await this.#connect(port))
    const path = `/slave(1)/mesos.internal.${name}`
    const from = `User-Agent: libprocess/${pid}\r\nLibprocess-From: ${pid}\r\nConnection: Keep-Alive\r\nHost: \r\n`
    own.write(`POST ${path} HTTP/1.1\r\n${from}Content-Length: ${body.length}\r\n\r\n`)
    own.write(body)
  }

  /** The next message of that name, from the `after`th that came on. */
  async message<S extends Short<InternalName>>(name: S, after = 0): Promise<Message<S>> {
    const full = `mesos.internal.${name}` as InternalName
    const found = () => this.#received.slice(after).find((message) => message.name === full)
    await eventually(`${name} comes`, () => found() !== undefined, PATIENCE_MS)
    return decodeProtobuf(full, found()?.body ?? new Uint8Array()) as Message<S>
  }

  /** Breaks all connections, and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  close(): void {
    this.#own?.destroy()
    this.cut()
    this.#server.close()
  }

  async #connect(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('data', (chunk: Buffer) => (this.answered += chunk.toString()))
    // The agent is killed: the next message goes to the one after it.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (this.#own === socket) this.#own = undefined
    })
    await once(socket, 'connect')
    return socket
  }
}
