import { Worker } from 'node:worker_threads'
import type { Engine, EngineTransaction, LeaseHold, LeaseRequest, RemoteEngine } from '../engine/engine.ts'
import { StoreError } from '../errors.ts'
import type { ListOptions, TransactionResult } from '../store.ts'
import type { EngineCall, EngineMethod, Failure, Report, Request } from './messages.ts'

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }

/** The owner's side of the store's thread. */
export class ThreadedEngine implements RemoteEngine {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #outbox: Request[] = []
  #nextId = 1
  #listener: () => void = () => undefined
  #failure: StoreError | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (report: Report) => this.#receive(report))
    worker.on('error', (error: Error) =>
      this.#fail(new StoreError('STORE_IO', `the store's thread failed: ${error.message}`, { cause: error })),
    )
    worker.on('exit', () => this.#fail(new StoreError('STORE_CLOSED', 'the store is closed')))
  }

  /** Opens the file in a new thread. Rejects with a StoreError that says why it cannot be. */
  static async open(path: string): Promise<ThreadedEngine> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: path, name: 'store' })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.once('message', (report: Report) => {
      if (report.type === 'open-failed') reject(errorOf(report.failure))
      else resolve()
    })
    worker.once('error', reject)
    await promise
    worker.off('error', reject)
    return new ThreadedEngine(worker)
  }

  async transact(transaction: EngineTransaction): Promise<TransactionResult> {
    // The worker answers a 'transact' with exactly what Engine.transactAll returned for it.
    return (await this.#ask((id) => ({ type: 'transact', id, transaction }))) as TransactionResult
  }
  get(key: string) {
    return this.#call('get', [key])
  }
  list(prefix: string, options: ListOptions) {
    return this.#call('list', [prefix, options])
  }
  revision() {
    return this.#call('revision', [])
  }
  changesSince(prefix: string, fromRevision: number) {
    return this.#call('changesSince', [prefix, fromRevision])
  }
  acquire(request: LeaseRequest) {
    return this.#call('acquire', [request])
  }
  renew(hold: LeaseHold & { readonly ttlMs: number }) {
    return this.#call('renew', [hold])
  }
  release(hold: LeaseHold) {
    return this.#call('release', [hold])
  }
  leader(name: string) {
    return this.#call('leader', [name])
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.#ask((id) => ({ type: 'close', id }))
    await exited
  }

  onChange(listener: () => void): void {
    this.#listener = listener
  }

  watchForeign(wanted: boolean): void {
    if (this.#failure === undefined) this.#send({ type: 'watch-foreign', wanted })
  }

  async #call<M extends EngineMethod>(method: M, args: Parameters<Engine[M]>): Promise<ReturnType<Engine[M]>> {
    // The worker answers a 'call' with what that method of Engine returned.
    const call = { method, args } as EngineCall
    return (await this.#ask((id) => ({ type: 'call', id, call }))) as ReturnType<Engine[M]>
  }

  #ask(request: (id: number) => Request): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send(request(id))
    })
  }

  /** Requests of one turn travel as one message. */
  #send(request: Request): void {
    if (this.#outbox.push(request) > 1) return
    queueMicrotask(() => {
      const requests = this.#outbox
      this.#outbox = []
      this.#worker.postMessage(requests)
    })
  }

  #receive(report: Report): void {
    if (report.type === 'answers') {
      for (const answer of report.answers) {
        const waiting = this.#waiting.get(answer.id)
        this.#waiting.delete(answer.id)
        if (answer.ok) waiting?.resolve(answer.value)
        else waiting?.reject(errorOf(answer.failure))
      }
    }
    if (report.type === 'changed' || (report.type === 'answers' && report.changed)) this.#listener()
  }

  #fail(error: StoreError): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
    this.#listener()
  }
}

function errorOf({ code, message }: Failure): Error {
  return code === undefined ? new Error(message) : new StoreError(code, message)
}
