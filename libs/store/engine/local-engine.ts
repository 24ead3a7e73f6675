import type { Engine, EngineTransaction, LeaseHold, LeaseRequest, RemoteEngine } from './engine.ts'
import type { ListOptions, TransactionResult } from '../store.ts'

/** An engine in this thread behind the face of a remote one. */
export class LocalEngine implements RemoteEngine {
  readonly #engine: Engine
  #listener: () => void = () => undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  transact(transaction: EngineTransaction): Promise<TransactionResult> {
    return this.#change(() => {
      const [result] = this.#engine.transactAll([transaction])
      if (result === undefined) throw new TypeError('an engine answered fewer transactions than it was given')
      return result
    })
  }

  async get(key: string) {
    return this.#engine.get(key)
  }
  async list(prefix: string, options: ListOptions) {
    return this.#engine.list(prefix, options)
  }
  async revision() {
    return this.#engine.revision()
  }
  async changesSince(prefix: string, fromRevision: number) {
    return this.#engine.changesSince(prefix, fromRevision)
  }
  acquire(request: LeaseRequest) {
    return this.#change(() => this.#engine.acquire(request))
  }
  async renew(hold: LeaseHold & { readonly ttlMs: number }) {
    return this.#engine.renew(hold)
  }
  release(hold: LeaseHold) {
    return this.#change(() => this.#engine.release(hold))
  }
  async leader(name: string) {
    return this.#engine.leader(name)
  }
  async close() {
    this.#engine.close()
  }
  onChange(listener: () => void): void {
    this.#listener = listener
  }
  watchForeign(): void {
    // Nobody else can reach the data of this engine.
  }

  async #change<T>(work: () => T): Promise<T> {
    const result = work()
    this.#listener()
    return result
  }
}
