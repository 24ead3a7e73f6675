/**
 * The thread that owns the file. An fsync takes milliseconds; here it stalls nobody's event loop,
 * and what arrives meanwhile becomes the next commit (group commit).
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { StoreError } from '../errors.ts'
import { STORE_LIMITS } from '../limits.ts'
import type { Answer, EngineCall, Failure, Report, Request } from './messages.ts'
import { SqliteEngine } from './sqlite-engine.ts'

type TransactRequest = Extract<Request, { type: 'transact' }>

class StoreWorker {
  readonly #engine: SqliteEngine
  readonly #port: MessagePort
  #queue: Request[] = []
  #isScheduled = false
  #poll: NodeJS.Timeout | undefined

  constructor(engine: SqliteEngine, port: MessagePort) {
    this.#engine = engine
    this.#port = port
    port.on('message', (requests: readonly Request[]) => this.#receive(requests))
  }

  /** Works after the port was emptied, so that everything that waits shares a commit. */
  #receive(requests: readonly Request[]): void {
    this.#queue.push(...requests)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#work())
  }

  #work(): void {
    this.#isScheduled = false
    const queue = this.#queue
    this.#queue = []
    for (let i = 0; i < queue.length;) {
      const group = transactionsFrom(queue, i)
      const request = queue[i]
      if (group.length > 0) this.#commit(group)
      else if (request !== undefined) this.#handle(request)
      i += Math.max(1, group.length)
    }
  }

  #commit(group: readonly TransactRequest[]): void {
    const outcome = attempt(() => this.#engine.transactAll(group.map(({ transaction }) => transaction)))
    const answers = group.map(({ id }, i): Answer =>
      outcome.ok ? { id, ok: true, value: outcome.value[i] } : { id, ...outcome },
    )
    this.#tell({ type: 'answers', answers, changed: outcome.ok })
  }

  #handle(request: Request): void {
    switch (request.type) {
      case 'transact':
        return
      case 'call': {
        const answer: Answer = { id: request.id, ...attempt(() => callEngine(this.#engine, request.call)) }
        const changed = request.call.method === 'acquire' || request.call.method === 'release'
        return this.#tell({ type: 'answers', answers: [answer], changed })
      }
      case 'watch-foreign':
        return this.#watchForeign(request.wanted)
      case 'close': {
        clearTimeout(this.#poll)
        const answer: Answer = { id: request.id, ...attempt(() => this.#engine.close()) }
        this.#tell({ type: 'answers', answers: [answer], changed: false })
        this.#port.close()
      }
    }
  }

  /** SQLite does not announce commits of other processes; data_version tells whether there were any. */
  #watchForeign(wanted: boolean): void {
    clearTimeout(this.#poll)
    this.#poll = undefined
    if (!wanted) return
    const timer = setTimeout(() => {
      const outcome = attempt(() => this.#engine.hasForeignChanges())
      if (outcome.ok && outcome.value) this.#tell({ type: 'changed' })
      timer.refresh()
    }, STORE_LIMITS.foreignPollMs)
    this.#poll = timer
  }

  #tell(report: Report): void {
    this.#port.postMessage(report)
  }
}

function transactionsFrom(queue: readonly Request[], start: number): TransactRequest[] {
  const group: TransactRequest[] = []
  for (let i = start; group.length < STORE_LIMITS.groupTransactionsMax; i++) {
    const request = queue[i]
    if (request?.type !== 'transact') break
    group.push(request)
  }
  return group
}

function callEngine(engine: SqliteEngine, call: EngineCall): unknown {
  switch (call.method) {
    case 'get':
      return engine.get(...call.args)
    case 'list':
      return engine.list(...call.args)
    case 'revision':
      return engine.revision()
    case 'changesSince':
      return engine.changesSince(...call.args)
    case 'acquire':
      return engine.acquire(...call.args)
    case 'renew':
      return engine.renew(...call.args)
    case 'release':
      return engine.release(...call.args)
    case 'leader':
      return engine.leader(...call.args)
  }
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof StoreError) return { code: error.code, message: error.message }
  return { code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

function main(port: MessagePort, path: string): void {
  const opened = attempt(() => new SqliteEngine(path))
  if (!opened.ok) {
    port.postMessage({ type: 'open-failed', failure: opened.failure } satisfies Report)
    return
  }
  new StoreWorker(opened.value, port)
  port.postMessage({ type: 'opened' } satisfies Report)
}

if (parentPort !== null) main(parentPort, String(workerData))
