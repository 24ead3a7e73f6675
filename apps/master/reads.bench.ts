/**
 * Answers that grow with the cluster, over a real socket, while the core goes on (goals P7b, P8, P8b). The master runs
 * in a process of its own, its readers in others. `cold` is the first answer after the start, which keeps what it encodes,
 * `second` the one after it, `warm` one with nothing changed, `changed` one after a hundredth of the running tasks
 * changed. `turnMs` is the most processor time in one turn of the master's event loop, a collection of garbage included;
 * `lateMs` the longest that the loop was late, also because other processes ran.
 *
 * `node apps/master/reads.bench.ts 100 1000 10000`: so many agents, each with ten running and ten finished tasks.
 * `BENCH_ONLY='/state,GET_TASKS json'` measures only these, `BENCH_SERVER_FLAGS` are flags of Node for the master.
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

  /** A turn that takes longer than the timer has all of its processor time between two calls. */
  start(): void {
    this.#delays.enable()
    let last = process.threadCpuUsage()
    let calls = 0
    const turn = (): void => {
      const now = process.threadCpuUsage()
      this.#turnMs = Math.max(this.#turnMs, (now.user - last.user + now.system - last.system) / 1000)
      if (calls++ % 64 === 0) this.#rssMiB = Math.max(this.#rssMiB, process.memoryUsage.rss() / 2 ** 20)
      last = now
      setTimeout(turn, 1).unref()
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

const call = (type: string, accept: 'json' | 'x-protobuf'): What => [
  'POST',
  '/api/v1',
  JSON.stringify({ type }),
  `application/${accept}`,
]

/** Those with a goal. */
const goals: Readonly<Record<string, What>> = {
  '/state': ['GET', '/state'],
  'GET_STATE json': call('GET_STATE', 'json'),
  'GET_STATE protobuf': call('GET_STATE', 'x-protobuf'),
}

/** All others that look at more than a few things. */
const others: Readonly<Record<string, What>> = {
  ...Object.fromEntries(
    [
      '/state-summary',
      '/tasks',
      '/slaves',
      '/slaves?slave_id=S-00001',
      '/frameworks',
      '/frameworks?framework_id=F-0001',
      '/roles',
      '/weights',
      '/quota',
      '/maintenance/schedule',
      '/maintenance/status',
      '/metrics/snapshot',
    ].map((path): [string, What] => [path, ['GET', path]]),
  ),
  ...Object.fromEntries(
    [
      'GET_AGENTS',
      'GET_TASKS',
      'GET_FRAMEWORKS',
      'GET_EXECUTORS',
      'GET_OPERATIONS',
      'GET_ROLES',
      'GET_WEIGHTS',
      'GET_QUOTA',
      'GET_MASTER',
      'GET_MAINTENANCE_STATUS',
      'GET_MAINTENANCE_SCHEDULE',
      'GET_METRICS',
    ].flatMap((type): [string, What][] => [
      [`${type} json`, call(type, 'json')],
      [`${type} protobuf`, call(type, 'x-protobuf')],
    ]),
  ),
}

const wanted = process.env['BENCH_ONLY']?.split(',')
const only = (reads: Readonly<Record<string, What>>): [string, What][] =>
  Object.entries(reads).filter(([name]) => wanted?.includes(name) ?? true)

type Measured = { readonly name: string; readonly what: What; readonly size: Size; readonly rounds: number }
type Sample = Times & Stats

async function sample(server: Server, what: What, agent: Agent): Promise<Sample> {
  await server.take()
  const times = await read(server.port, what, { agent })
  return { ...times, ...(await server.take()) }
}

/** Once cold, a second time, then warm and changed in turn. */
async function measure(server: Server, { name, what, size, rounds }: Measured): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const count = Math.ceil(Math.max(size.running, size.frameworks) / 100)
  const cold = await sample(server, what, agent)
  const second = await sample(server, what, agent)
  const warm: Sample[] = []
  const changed: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    warm.push(await sample(server, what, agent))
    await server.tell({ order: 'churn', count })
    await delay(50)
    changed.push(await sample(server, what, agent))
  }
  agent.destroy()
  const kinds = { cold: [cold], second: [second], warm, changed }
  print({
    name,
    ...size,
    seed,
    bytes: cold.bytes,
    ...Object.fromEntries(Object.entries(kinds).map(([kind, samples]) => [kind, figuresOf(samples)])),
    peakMiB: Math.round(Math.max(...[cold, second, ...warm, ...changed].map(({ rssMiB }) => rssMiB))),
  })
  return quantile(
    changed.map((one) => one.lastMs),
    0.5,
  )
}

function figuresOf(samples: readonly Sample[]): object {
  const median = (of: (one: Sample) => number): number => rounded(quantile(samples.map(of), 0.5))
  const most = (of: (one: Sample) => number): number => rounded(Math.max(...samples.map(of)))
  return {
    firstByteMs: median((one) => one.firstMs),
    lastByteMs: median((one) => one.lastMs),
    lastByteMaxMs: most((one) => one.lastMs),
    cpuMs: median((one) => one.cpuSeconds * 1000),
    turnMaxMs: most((one) => one.turnMs),
    lateMaxMs: most((one) => one.lateMs),
  }
}

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

async function main(agentCounts: readonly number[]): Promise<void> {
  print({ loadAverage: loadavg().map(rounded), node: process.version })
  const growth: Record<string, number[]> = {}
  const measureAll = async (size: Size, reads: readonly [string, What][], rounds: number): Promise<void> => {
    if (reads.length === 0) return
    const server = await Server.start(size)
    for (const [name, what] of reads) (growth[name] ??= []).push(await measure(server, { name, what, size, rounds }))
    await server.tell({ order: 'stop' })
  }
  for (const agents of agentCounts) {
    const size = { agents, frameworks: 100, running: 10 * agents, finished: 10 * agents }
    await measureAll(size, only(goals), 7)
    await measureAll(size, only(others), 3)
    const metrics: [string, What][] = [['P7b /metrics/snapshot', ['GET', '/metrics/snapshot']]]
    if (wanted === undefined || wanted.includes('P7b'))
      await measureAll({ agents, frameworks: Math.ceil(agents / 10), running: agents, finished: 0 }, metrics, 15)
  }
  print({ name: 'growth of the time to the last byte, changed, from size to size', ...ratios(growth) })
  for (const agents of agentCounts) {
    const size = { agents: 1000, frameworks: 100, running: 10 * agents, finished: 10 * agents }
    if (wanted === undefined || wanted.includes('P8b')) await healthUnderPolls(size, 5)
  }
}

const ratios = (growth: Record<string, number[]>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(growth).map(([name, all]) => [name, all.slice(1).map((one, at) => rounded(one / (all[at] ?? one)))]),
  )

const [role, argument = ''] = process.argv.slice(2)
if (role === 'serve') await serve(JSON.parse(argument) as Size)
else if (role === 'poll') await poll(Number(argument))
else await main(role === undefined ? [100, 1000, 10_000] : process.argv.slice(2).map(Number))
