/**
 * Connections between processes, as TCP gives them: each direction in order, delayed, never twice.
 *
 * A blocked way holds back what is sent; after a while the connection breaks. A broken connection loses what is under
 * way in each direction, and each side learns of it at its own time: what was sent last may or may not have arrived.
 * Repeated requests over a new connection are how messages come twice.
 */
import type { Millis, Random } from '@thermosphere/effects'
import type { Crash, SimProcess } from './process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What one side does about what comes from the other. */
export type Ends<In> = {
  onMessage(message: In): void
  /** Once, unless this side closed first. */
  onClose(): void
}

/** What one side can do. */
export type Line<Out> = {
  send(message: Out): void
  /** After what was sent. */
  close(): void
}

type Accept = (line: Line<unknown>, from: string) => Ends<unknown>
type Listening = { readonly process: SimProcess; readonly accept: Accept }

export class Network {
  /** The longest delay of a message. */
  latencyMs: Millis = 20
  readonly time: VirtualTime
  readonly random: Random
  readonly #listeners = new Map<string, Listening>()
  readonly #blocked = new Set<string>()
  readonly #connections = new Set<Connection>()

  constructor(time: VirtualTime, random: Random) {
    this.time = time
    this.random = random
  }

  /** `service` tells apart what one process offers. */
  listen<In, Out>(
    { process, service }: { readonly process: SimProcess; readonly service: string },
    accept: (line: Line<Out>, from: string) => Ends<In>,
  ): void {
    const address = `${process.name}/${service}`
    // The two sides of a service agree on what they say.
    this.#listeners.set(address, { process, accept: accept as unknown as Accept })
    process.onCrash(() => {
      if (this.#listeners.get(address)?.process === process) this.#listeners.delete(address)
    })
  }

  /** `to` is `<process>/<service>`. `onClose` is called also when nobody listens there. */
  connect<In, Out>(process: SimProcess, to: string, ends: Ends<In>): Line<Out> {
    const connection = new Connection(this, { process, to, ends: ends as Ends<unknown> })
    this.#connections.add(connection)
    return connection.near
  }

  listener(address: string): Listening | undefined {
    return this.#listeners.get(address)
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection)
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`)
  }

  /** One way. */
  block(from: string, to: string): void {
    this.#blocked.add(`${from}>${to}`)
    for (const connection of this.#connections) if (connection.uses(from, to)) connection.breakLater()
  }

  unblock(from: string, to: string): void {
    this.#blocked.delete(`${from}>${to}`)
    for (const connection of this.#connections) connection.resume()
  }

  heal(): void {
    this.#blocked.clear()
    for (const connection of this.#connections) connection.resume()
  }

  /** Breaks every connection between two hosts, as a middlebox that forgot them does. */
  reset(one: string, other: string): number {
    const affected = [...this.#connections].filter((all) => all.uses(one, other) || all.uses(other, one))
    for (const connection of affected) connection.break()
    return affected.length
  }
}

type Opening = { readonly process: SimProcess; readonly to: string; readonly ends: Ends<unknown> }

/** How long the two sides of a broken connection take to notice it. */
const noticeMsMax = 2_000
/** A blocked connection breaks after between half of this and this: keep-alive and retransmission give up. */
const stallMsMax = 20_000

class Connection {
  readonly near: Side
  readonly #network: Network
  readonly #from: string
  readonly #to: string
  readonly #forth: Way
  readonly #back: Way
  #far: Side | undefined
  #isBreaking = false

  constructor(network: Network, { process, to, ends }: Opening) {
    this.#network = network
    this.#from = process.name
    this.#to = to.slice(0, to.indexOf('/'))
    this.#forth = new Way(network, this.#from, this.#to)
    this.#back = new Way(network, this.#to, this.#from)
    this.near = new Side(process, ends, (what) => this.#forth.put(() => what(this.#far)))
    this.near.start((isSilent) => this.#ended(isSilent))
    this.#forth.put(() => this.#open(to))
    if (network.isBlocked(this.#from, this.#to) || network.isBlocked(this.#to, this.#from)) this.breakLater()
  }

  uses(from: string, to: string): boolean {
    return (this.#from === from && this.#to === to) || (this.#from === to && this.#to === from)
  }

  resume(): void {
    this.#forth.pump()
    this.#back.pump()
  }

  breakLater(): void {
    if (this.#isBreaking) return
    this.#isBreaking = true
    const { time, random } = this.#network
    time.after(stallMsMax / 2 + random.integer(stallMsMax / 2), () => {
      this.#isBreaking = false
      const isStalled = this.#network.isBlocked(this.#from, this.#to) || this.#network.isBlocked(this.#to, this.#from)
      if (isStalled) this.break()
    })
  }

  break(): void {
    const { time, random } = this.#network
    for (const way of [this.#forth, this.#back]) way.cut()
    for (const side of [this.near, this.#far]) {
      if (side !== undefined) time.after(random.integer(noticeMsMax), () => side.closed())
    }
    this.#network.forget(this)
  }

  #open(to: string): void {
    const listener = this.#network.listener(to)
    if (listener === undefined) return this.#back.put(() => this.near.closed())
    const far: Side = new Side(listener.process, undefined, (what) => this.#back.put(() => what(this.near)))
    this.#far = far
    far.start((isSilent) => this.#ended(isSilent))
    listener.process.run(() => far.listen(listener.accept(far, this.#from)))
  }

  #ended(isSilent: boolean): void {
    if (isSilent) this.#network.time.after(stallMsMax, () => this.break())
    else if (this.near.isOver && this.#far?.isOver !== false) this.#network.forget(this)
  }
}

/** One side of a connection; also what its owner has of it. */
class Side implements Line<unknown> {
  isOver = false
  readonly #process: SimProcess
  readonly #toOther: (what: (other: Side | undefined) => void) => void
  #ends: Ends<unknown> | undefined
  #onOver: (isSilent: boolean) => void = () => undefined
  readonly #onCrash = ({ isPowerLoss }: Crash): void => {
    if (!isPowerLoss) this.#toOther((other) => other?.closed())
    this.#finish(isPowerLoss)
  }

  constructor(
    process: SimProcess,
    ends: Ends<unknown> | undefined,
    toOther: (what: (other: Side | undefined) => void) => void,
  ) {
    this.#process = process
    this.#ends = ends
    this.#toOther = toOther
    process.onCrash(this.#onCrash)
  }

  start(onOver: (isSilent: boolean) => void): void {
    this.#onOver = onOver
  }

  listen(ends: Ends<unknown>): void {
    this.#ends = ends
  }

  send(message: unknown): void {
    if (!this.isOver && this.#process.act()) this.#toOther((other) => other?.take(message))
  }

  close(): void {
    if (this.isOver || !this.#process.isUp) return
    this.#toOther((other) => other?.closed())
    this.#finish()
  }

  take(message: unknown): void {
    this.#process.run(() => {
      if (!this.isOver) this.#ends?.onMessage(message)
    })
  }

  /** The other side, or the network, has ended it. */
  closed(): void {
    this.#process.run(() => {
      if (this.isOver) return
      this.#finish()
      this.#ends?.onClose()
    })
  }

  #finish(isSilent = false): void {
    this.isOver = true
    this.#process.offCrash(this.#onCrash)
    this.#onOver(isSilent)
  }
}

/** One direction of a connection. */
class Way {
  readonly #network: Network
  readonly #from: string
  readonly #to: string
  /** Was under way when the way was blocked, before what waits to be sent. */
  #stranded: (() => void)[] = []
  #held: (() => void)[] = []
  #freeAt: Millis = 0
  #isCut = false

  constructor(network: Network, from: string, to: string) {
    this.#network = network
    this.#from = from
    this.#to = to
  }

  put(deliver: () => void): void {
    if (this.#isCut) return
    this.#held.push(deliver)
    this.pump()
  }

  pump(): void {
    if (this.#isBlocked()) return
    const { time, random, latencyMs } = this.#network
    for (const deliver of [...this.#stranded.splice(0), ...this.#held.splice(0)]) {
      this.#freeAt = Math.max(this.#freeAt, time.now + 1 + random.integer(latencyMs))
      time.after(this.#freeAt - time.now, () => this.#arrive(deliver))
    }
  }

  cut(): void {
    this.#isCut = true
    this.#stranded = []
    this.#held = []
  }

  /** What was under way when the way was blocked arrives after it is free again. */
  #arrive(deliver: () => void): void {
    if (this.#isCut) return
    if (this.#isBlocked()) this.#stranded.push(deliver)
    else deliver()
  }

  #isBlocked(): boolean {
    return this.#network.isBlocked(this.#from, this.#to)
  }
}
