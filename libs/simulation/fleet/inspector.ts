/** What only a Node process itself knows, asked through its inspector. */
import type { Part } from '@thermosphere/cli'
import { delay } from '@thermosphere/service-kit'

export type LiveHeap = {
  /** What a collection leaves, and the array buffers that it holds. */
  readonly liveMib: number
  /** The process did nothing else for so long. */
  readonly collectionMs: number
}

export type Inspected = {
  readonly pid: number
  /** Where its inspector listens, at the latest once SIGUSR1 has started it: given by `inspectable`. */
  readonly port: number
}

type Answer = { readonly id?: number; readonly result?: unknown; readonly error?: { readonly message: string } }

const startTimeoutMs = 10_000
const answerTimeoutMs = 60_000

/** The part with an inspector on the port, which listens from the start or once the process gets SIGUSR1. */
export function inspectable(part: Part, port: number, from: 'start' | 'SIGUSR1'): Part {
  const { run } = part
  if (!('script' in run)) return part
  const flag = `${from === 'start' ? '--inspect' : '--inspect-port'}=127.0.0.1:${port}`
  return { ...part, run: { ...run, nodeFlags: [...(run.nodeFlags ?? []), flag] } }
}

/** Collects the garbage of a process, then looks what is left. */
export async function collectGarbage(inspected: Inspected): Promise<LiveHeap> {
  const session = await Session.open(await debuggerUrl(inspected))
  try {
    const startedAt = performance.now()
    await session.call('HeapProfiler.collectGarbage')
    const collectionMs = Math.round(performance.now() - startedAt)
    const { usedSize, backingStorageSize = 0 } = (await session.call('Runtime.getHeapUsage')) as {
      readonly usedSize: number
      readonly backingStorageSize?: number
    }
    return { liveMib: Math.round(((usedSize + backingStorageSize) / 1024 / 1024) * 10) / 10, collectionMs }
  } finally {
    session.close()
  }
}

async function debuggerUrl({ pid, port }: Inspected): Promise<string> {
  const list = async (): Promise<string | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined)
    const [first] = ((await answer?.json()) ?? []) as readonly { readonly webSocketDebuggerUrl: string }[]
    return first?.webSocketDebuggerUrl
  }
  const running = await list()
  if (running !== undefined) return running
  process.kill(pid, 'SIGUSR1')
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline; await delay(20)) {
    const url = await list()
    if (url !== undefined) return url
  }
  throw new Error(`the inspector of process ${pid} does not answer on port ${port}`)
}

class Session {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #nextId = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#onAnswer(JSON.parse(String(data)) as Answer))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the inspector has hung up'))
    })
  }

  static async open(url: string): Promise<Session> {
    const socket = new WebSocket(url)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`no inspector answers at ${url}`)))
    await promise
    return new Session(socket)
  }

  async call(method: string): Promise<unknown> {
    const id = this.#nextId++
    const answered = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answered)
    this.#socket.send(JSON.stringify({ id, method }))
    const late = setTimeout(() => answered.reject(new Error(`${method}: no answer in time`)), answerTimeoutMs)
    try {
      return await answered.promise
    } finally {
      clearTimeout(late)
      this.#waiting.delete(id)
    }
  }

  close(): void {
    this.#socket.close()
  }

  #onAnswer({ id, result, error }: Answer): void {
    const answered = id === undefined ? undefined : this.#waiting.get(id)
    if (error === undefined) answered?.resolve(result)
    else answered?.reject(new Error(error.message))
  }
}
