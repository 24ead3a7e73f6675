/**
 * Messages that go out. Peers of one address share one kept connection, on which messages arrive in their order; nobody
 * answers. A linked peer whose connection breaks, or cannot be made, is reported once: it has to be linked anew.
 */
import { LIBPROCESS_PEERS_MAX } from './limits.ts'
import { PeerConnection } from './peer-connection.ts'
import type { PeerLimits } from './peer-connection.ts'
import { addressOf, formatProcessId } from './process-id.ts'
import type { ProcessId } from './process-id.ts'

export type MessengerOptions = {
  /** Who sends. */
  readonly self: ProcessId
  readonly onExited: (process: ProcessId, reason: string) => void
  readonly limits?: Partial<PeerLimits & { readonly peersMax: number }>
}

type Peer = { readonly connection: PeerConnection; readonly linked: Map<string, ProcessId> }

export class Messenger {
  readonly #options: MessengerOptions
  readonly #peersMax: number
  readonly #from: string
  readonly #peers = new Map<string, Peer>()
  #isClosed = false

  constructor(options: MessengerOptions) {
    this.#options = options
    this.#peersMax = options.limits?.peersMax ?? LIBPROCESS_PEERS_MAX
    this.#from = formatProcessId(options.self)
  }

  /** Connections to peers. */
  get peerCount(): number {
    return this.#peers.size
  }

  /** `isAnew`: what introduces itself once more may be another process, which the old connection does not reach. */
  link(process: ProcessId, { isAnew = false } = {}): void {
    if (isAnew) this.#replace(process)
    const peer = this.#peerOf(process)
    if (peer) peer.linked.set(formatProcessId(process), process)
    else setImmediate(() => this.#exited(process, `there are connections to ${this.#peersMax} other processes`))
  }

  /** Its end is no news any more. The connection stays while it is in use. */
  unlink(process: ProcessId): void {
    const peer = this.#peers.get(addressOf(process))
    peer?.linked.delete(formatProcessId(process))
  }

  send(to: ProcessId, name: string, body: Uint8Array): void {
    const head =
      `POST ${to.id === '' ? '' : `/${to.id}`}/${name} HTTP/1.1\r\n` +
      `User-Agent: libprocess/${this.#from}\r\nLibprocess-From: ${this.#from}\r\n` +
      `Connection: Keep-Alive\r\nHost: ${addressOf(to)}\r\nContent-Length: ${body.length}\r\n\r\n`
    this.#peerOf(to)?.connection.write(Buffer.concat([Buffer.from(head), body]))
  }

  /** Lets what was sent arrive. */
  close(): void {
    this.#isClosed = true
    for (const { connection } of this.#peers.values()) connection.end()
    this.#peers.clear()
  }

  #peerOf(process: ProcessId): Peer | undefined {
    const known = this.#peers.get(addressOf(process))
    if (known || this.#isClosed || this.#peers.size >= this.#peersMax) return known
    return this.#connect(process, new Map())
  }

  #connect(process: ProcessId, linked: Map<string, ProcessId>): Peer {
    const { host, port } = process
    const isLinked = (): boolean => linked.size > 0
    const onGone = (reason: string): void => this.#lose(addressOf(process), peer, reason)
    const peer = { connection: new PeerConnection({ host, port, isLinked, onGone, ...this.#options.limits }), linked }
    this.#peers.set(addressOf(process), peer)
    return peer
  }

  #replace(process: ProcessId): void {
    const peer = this.#peers.get(addressOf(process))
    if (!peer) return
    peer.connection.end()
    this.#connect(process, peer.linked)
  }

  #lose(address: string, peer: Peer, reason: string): void {
    if (this.#peers.get(address) !== peer) return
    this.#peers.delete(address)
    for (const process of peer.linked.values()) this.#exited(process, reason)
  }

  #exited(process: ProcessId, reason: string): void {
    if (!this.#isClosed) this.#options.onExited(process, reason)
  }
}
