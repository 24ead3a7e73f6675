/** One connection through a front. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export type RelayRules = {
  readonly caller: string
  /** Without a name it is the part behind the front. */
  readonly mayPass: (way: { readonly from?: string; readonly to?: string }) => boolean
  readonly onTraffic: () => void
}

type End = { readonly socket: Socket; readonly mayReachOther: () => boolean; isFull: boolean; hasClosed: boolean }

export class Relay {
  readonly #rules: RelayRules
  readonly #target: { readonly host: string; readonly port: number }
  readonly #client: End
  #server: End | undefined
  #isClosed = false
  #closedListener: () => void = () => undefined

  constructor(client: Socket, options: { readonly host: string; readonly port: number; readonly rules: RelayRules }) {
    this.#rules = options.rules
    this.#target = { host: options.host, port: options.port }
    const mayReachOther = (): boolean => this.#rules.mayPass({ from: this.caller })
    this.#client = { socket: client, mayReachOther, isFull: false, hasClosed: false }
    client.on('close', () => this.#onClosed(this.#client))
    this.update()
  }

  get caller(): string {
    return this.#rules.caller
  }

  onClosed(listener: () => void): void {
    this.#closedListener = listener
  }

  /** The network has changed. */
  update(): void {
    if (this.#isClosed) return
    if (this.#server === undefined) return this.#open()
    this.#flow(this.#client, this.#server)
    this.#flow(this.#server, this.#client)
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#client.socket.destroy()
    this.#server?.socket.destroy()
    this.#closedListener()
  }

  /** A connection is made only when both ways are open: its first packets go forth and back. */
  #open(): void {
    const mayAnswer = (): boolean => this.#rules.mayPass({ to: this.caller })
    if (!this.#client.mayReachOther() || !mayAnswer()) return
    const socket = connect({ ...this.#target, allowHalfOpen: true })
    socket.on('error', () => undefined)
    const server: End = { socket, mayReachOther: mayAnswer, isFull: false, hasClosed: false }
    this.#server = server
    this.#join(this.#client, server)
    this.#join(server, this.#client)
    socket.on('close', () => this.#onClosed(server))
    this.update()
  }

  #join(from: End, to: End): void {
    from.socket.on('data', (chunk: Buffer) => {
      this.#rules.onTraffic()
      to.isFull = !to.socket.write(chunk)
      if (to.isFull) from.socket.pause()
    })
    from.socket.on('end', () => to.socket.end())
    to.socket.on('drain', () => {
      to.isFull = false
      this.#flow(from, to)
    })
  }

  #flow(from: End, to: End): void {
    if (!from.mayReachOther()) from.socket.pause()
    else if (from.hasClosed) this.destroy()
    else if (!to.isFull) from.socket.resume()
  }

  /** The other side learns of it only when the news can reach it. */
  #onClosed(end: End): void {
    end.hasClosed = true
    if (this.#server === undefined || end.mayReachOther()) this.destroy()
  }
}
