/**
 * One memory store for several servers that run in this process, as a database is for several processes. Each has a
 * door of its own, with a URL for `openStore`; a door can be stalled, as a network can, and cut, as a process can die.
 */
import type { ChangesPage, Engine, EngineTransaction, LeaseHold, LeaseRequest, RemoteEngine } from '../engine/engine.ts'
import { EngineStore } from '../engine/engine-store.ts'
import { StoreError } from '../errors.ts'
import type { Entry, LeaderView, ListOptions, ListResult, Store, TransactionResult } from '../store.ts'
import { MemoryEngine } from './memory-engine.ts'

const doors = new Map<string, MemoryDoor>()
let doorCount = 0

/** What the doors lead to; lives as long as its owner. */
export class SharedMemory {
  readonly #engine = new MemoryEngine()
  readonly #doors = new Set<MemoryDoor>()

  /** The lease ends as if its holder had stopped renewing it. */
  expire(name: string): void {
    this.#engine.expire(name)
  }

  /** A door for one server. */
  door(): MemoryDoor {
    const door = new MemoryDoor(this.#engine, {
      onChange: () => {
        for (const one of this.#doors) one.changed()
      },
      onCut: (one) => this.#doors.delete(one),
    })
    this.#doors.add(door)
    return door
  }
}

type DoorEvents = { readonly onChange: () => void; readonly onCut: (door: MemoryDoor) => void }

/** One server's way to the store. */
export class MemoryDoor implements RemoteEngine {
  readonly url = `memory:door-${++doorCount}`
  readonly #engine: Engine
  readonly #events: DoorEvents
  readonly #held = new Map<string, number>()
  #listener: () => void = () => undefined
  #passable: PromiseWithResolvers<void> | undefined
  #isCut = false

  constructor(engine: Engine, events: DoorEvents) {
    this.#engine = engine
    this.#events = events
    doors.set(this.url, this)
  }

  /** The store behind the URL of a door. */
  static open(url: string): Store | undefined {
    const door = doors.get(url)
    return door === undefined ? undefined : new EngineStore(door)
  }

  /** Nothing comes through until `resume`. */
  stall(): void {
    this.#passable ??= Promise.withResolvers()
  }

  resume(): void {
    this.#passable?.resolve()
    this.#passable = undefined
  }

  /** Nothing comes through any more; leases that were taken here are free, as those of a process that is gone. */
  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    doors.delete(this.url)
    this.#events.onCut(this)
    for (const [name, token] of this.#held) this.#engine.release({ name, token })
    this.resume()
    this.#events.onChange()
  }

  changed(): void {
    this.#listener()
  }

  async transact(transaction: EngineTransaction): Promise<TransactionResult> {
    const [result] = await this.#change(() => this.#engine.transactAll([transaction]))
    if (result === undefined) throw new TypeError('an engine answered fewer transactions than it was given')
    return result
  }
  get(key: string): Promise<Entry | undefined> {
    return this.#pass(() => this.#engine.get(key))
  }
  list(prefix: string, options: ListOptions): Promise<ListResult> {
    return this.#pass(() => this.#engine.list(prefix, options))
  }
  revision(): Promise<number> {
    return this.#pass(() => this.#engine.revision())
  }
  changesSince(prefix: string, fromRevision: number): Promise<ChangesPage> {
    return this.#pass(() => this.#engine.changesSince(prefix, fromRevision))
  }
  async acquire(request: LeaseRequest): Promise<number | undefined> {
    const token = await this.#pass(() => this.#engine.acquire(request))
    // Only then: candidates that wait ask again at every change, and would wake each other without end.
    if (token === undefined) return undefined
    this.#held.set(request.name, token)
    this.#events.onChange()
    return token
  }
  renew(hold: LeaseHold & { readonly ttlMs: number }): Promise<boolean> {
    return this.#pass(() => this.#engine.renew(hold))
  }
  release(hold: LeaseHold): Promise<void> {
    return this.#change(() => this.#engine.release(hold))
  }
  leader(name: string): Promise<LeaderView | undefined> {
    return this.#pass(() => this.#engine.leader(name))
  }

  /** The server closes its store; what is in it stays for the others and the next. */
  async close(): Promise<void> {
    await Promise.resolve()
    this.cut()
  }

  onChange(listener: () => void): void {
    this.#listener = listener
  }

  watchForeign(): void {
    // Every change is told to every door.
  }

  async #pass<T>(call: () => T): Promise<T> {
    while (this.#passable !== undefined) await this.#passable.promise
    if (this.#isCut) throw new StoreError('STORE_CLOSED', 'the store is closed')
    return call()
  }

  async #change<T>(call: () => T): Promise<T> {
    const result = await this.#pass(call)
    this.#events.onChange()
    return result
  }
}
