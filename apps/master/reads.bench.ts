/**
 * Answers that grow with the cluster, over a real socket, while the core goes on (goals P7b, P8, P8b). The master runs
 * in a process of its own, its readers in others. `cold` is the first answer after the start, `warm` one with nothing
 * changed, `changed` one after a hundredth of the running tasks changed. `turnMs` is the most processor time in one turn
 * of the master's event loop, `lateMs` the longest that the loop was late, also because other processes ran.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { serveFilled } from './testing/filled-master.ts'
import type { Size } from './testing/filled-master.ts'

const seed = 1
const rounds = 7

type Order = { readonly order: 'take' | 'churn' | 'stop'; readonly count?: number }
type Stats = {
  /** The longest that the event loop was late, also because other processes ran. */
  readonly lateMs: number
  /** The most time on a processor in one turn of the event loop. */
  readonly turnMs: number
  readonly cpuSeconds: number
  readonly rssMiB: number
}

/** What the event loop of this process did since the last time it was asked. */
class LoopWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: 1 })
  #cpu = process.cpuUsage()
  #turnMs = 0
  #rssMiB = 0

  start(): void {
    this.#delays.enable()
    let last = process.threadCpuUsage()
    const turn = (): void => {
      const now = process.threadCpuUsage()
      this.#turnMs = Math.max(this.#turnMs, (now.user - last.user + now.system - last.system) / 1000)
      this.#rssMiB = Math.max(this.#rssMiB, process.memoryUsage.rss() / 2 ** 20)
      last = now
      setImmediate(turn).unref()
    }
    turn()
  }

  take(): Stats {
    const used = process.cpuUsage(this.#cpu)
    const cpuSeconds = (used.user + used.system) / 1e6
    const stats = { lateMs: this.#delays.max / 1e6, turnMs: this.#turnMs, cpuSeconds, rssMiB: this.#rssMiB }
    this.#cpu = process.cpuUsage()
    this.#turnMs = 0
    this.#delays.reset()
    return stats
  }
}

async function serve(size: Size): Promise<void> {
  const filled = await serveFilled(size)
  const watch = new LoopWatch()
  watch.start()
  process.on('message', ({ order, count = 0 }: Order) => {
    if (order === 'churn') filled.churn(count)
    const stats = order === 'take' ? watch.take() : undefined
    process.send?.({ stats }, undefined, {}, () => order === 'stop' && process.disconnect?.())
    if (order === 'stop') void filled.close()
  })
  process.send?.({ port: filled.port })
}

/** Reads `/state` again and again until it is ended. */
async function poll(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  for (;;) await read(port, ['GET', '/state'], { agent })
}

type Times = { readonly firstMs: number; readonly lastMs: number; readonly bytes: number }
type What = readonly [method: 'GET' | 'POST', path: string, body?: string, accept?: string]

async function read(port: number, [method, path, body, accept]: What, { agent }: { agent: Agent }): Promise<Times> {
  const began = performance.now()
  const headers = { 'Content-Type': 'application/json', ...(accept !== undefined && { Accept: accept }) }
  const sent = request({ host: '127.0.0.1', port, method, path, agent, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
  let firstMs = 0
  let bytes = 0
  for await (const chunk of response) {
    if (bytes === 0) firstMs = performance.now() - began
    bytes += chunk.length
  }
  return { firstMs, lastMs: performance.now() - began, bytes }
}

const quantile = (values: readonly number[], fraction: number): number => {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.floor(fraction * ordered.length))] ?? Number.NaN
}
const rounded = (value: number): number => Math.round(value * 10) / 10
const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)

class Server {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(size: Size): Promise<Server> {
    const child = fork(import.meta.filename, ['serve', JSON.stringify(size)], {
      execArgv: [...process.execArgv, ...serverFlags],
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new Server(child, port)
  }

  async tell(order: Order): Promise<void> {
    this.#child.send(order)
    await once(this.#child, 'message')
  }

  async take(): Promise<Stats> {
    this.#child.send({ order: 'take' } satisfies Order)
    const [{ stats }] = (await once(this.#child, 'message')) as [{ stats: Stats }]
    return stats
  }
}

const serverFlags = (process.env['BENCH_SERVER_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '')

const reads: Readonly<Record<string, What>> = {
  '/state': ['GET', '/state'],
  'GET_STATE json': ['POST', '/api/v1', '{"type":"GET_STATE"}', 'application/json'],
  'GET_STATE protobuf': ['POST', '/api/v1', '{"type":"GET_STATE"}', 'application/x-protobuf'],
  '/state-summary': ['GET', '/state-summary'],
  '/tasks': ['GET', '/tasks'],
}

type Measured = { readonly name: string; readonly what: What; readonly size: Size }

/** Cold once, then warm and changed in turn. */
async function measure(server: Server, { name, what, size }: Measured): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const count = Math.ceil(Math.max(size.running, size.frameworks) / 100)
  await server.take()
  const cold = await read(server.port, what, { agent })
  const first = await server.take()
  const warm: Times[] = []
  const changed: Times[] = []
  let worst: Stats = { lateMs: 0, turnMs: 0, cpuSeconds: 0, rssMiB: 0 }
  for (let round = 0; round < rounds; round++) {
    warm.push(await read(server.port, what, { agent }))
    worst = larger(worst, await server.take())
    await server.tell({ order: 'churn', count })
    await delay(50)
    await server.take()
    changed.push(await read(server.port, what, { agent }))
    worst = larger(worst, await server.take())
  }
  agent.destroy()
  const ms = (times: readonly Times[]) => ({
    firstByteMs: {
      median: rounded(
        quantile(
          times.map((t) => t.firstMs),
          0.5,
        ),
      ),
      p99: rounded(
        quantile(
          times.map((t) => t.firstMs),
          0.99,
        ),
      ),
    },
    lastByteMs: {
      median: rounded(
        quantile(
          times.map((t) => t.lastMs),
          0.5,
        ),
      ),
      p99: rounded(
        quantile(
          times.map((t) => t.lastMs),
          0.99,
        ),
      ),
    },
  })
  print({
    name,
    ...size,
    seed,
    bytes: cold.bytes,
    cold: {
      firstByteMs: rounded(cold.firstMs),
      lastByteMs: rounded(cold.lastMs),
      turnMs: rounded(first.turnMs),
      cpuSeconds: first.cpuSeconds,
    },
    warm: ms(warm),
    changed: ms(changed),
    turnMs: rounded(worst.turnMs),
    lateMs: rounded(worst.lateMs),
    cpuSecondsPerRead: rounded(worst.cpuSeconds * 1000) / 1000 / rounds / 2,
    peakMiB: Math.round(worst.rssMiB),
  })
  return quantile(
    changed.map((times) => times.lastMs),
    0.5,
  )
}

const larger = (left: Stats, right: Stats): Stats => ({
  lateMs: Math.max(left.lateMs, right.lateMs),
  turnMs: Math.max(left.turnMs, right.turnMs),
  cpuSeconds: left.cpuSeconds + right.cpuSeconds,
  rssMiB: Math.max(left.rssMiB, right.rssMiB),
})

/** `/health` every 10 ms while so many clients poll `/state`, each as fast as it is answered. */
async function healthUnderPolls(size: Size, pollers: number): Promise<void> {
  const server = await Server.start(size)
  const agent = new Agent({ keepAlive: true })
  const clients = Array.from({ length: pollers }, () => fork(import.meta.filename, ['poll', String(server.port)]))
  await delay(3000)
  await server.take()
  const times: number[] = []
  const until = performance.now() + 10_000
  while (performance.now() < until) {
    times.push((await read(server.port, ['GET', '/health'], { agent })).lastMs)
    await delay(10)
    if (times.length % 100 === 0) await server.tell({ order: 'churn', count: 100 })
  }
  const stats = await server.take()
  for (const client of clients) client.kill()
  agent.destroy()
  await server.tell({ order: 'stop' })
  const figures = {
    median: rounded(quantile(times, 0.5)),
    p99: rounded(quantile(times, 0.99)),
    max: rounded(Math.max(...times)),
  }
  print({ name: 'P8b /health ms', ...size, pollers, seed, ...figures, ...stats })
}

/** The goals' sizes, and hundredths and tenths of them. */
async function main(parts: readonly number[]): Promise<void> {
  print({ loadAverage: loadavg().map(rounded), node: process.version })
  const growth: Record<string, number[]> = {}
  for (const part of parts) {
    const size = { agents: 10_000 / part, frameworks: 100, running: 100_000 / part, finished: 100_000 / part }
    const server = await Server.start(size)
    for (const [name, what] of Object.entries(reads))
      (growth[name] ??= []).push(await measure(server, { name: `P8 ${name}`, what, size }))
    await server.tell({ order: 'stop' })
  }
  for (const part of parts) {
    const size = { agents: 10_000 / part, frameworks: 1000 / part, running: 10_000 / part, finished: 0 }
    const server = await Server.start(size)
    const name = '/metrics/snapshot'
    ;(growth[name] ??= []).push(await measure(server, { name: `P7b ${name}`, what: ['GET', name], size }))
    await server.tell({ order: 'stop' })
  }
  print({ name: 'growth of the time to the last byte, changed, for ten times the size', ...ratios(growth) })
  for (const part of parts)
    await healthUnderPolls({ agents: 1000, frameworks: 100, running: 100_000 / part, finished: 100_000 / part }, 5)
}

const ratios = (growth: Record<string, number[]>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(growth).map(([name, all]) => [name, all.slice(1).map((one, at) => rounded(one / (all[at] ?? one)))]),
  )

const [role, argument = ''] = process.argv.slice(2)
if (role === 'serve') await serve(JSON.parse(argument) as Size)
else if (role === 'poll') await poll(Number(argument))
else await main(role === undefined ? [100, 10, 1] : process.argv.slice(2).map(Number))
