/**
 * What an event of operators costs a master, by the number of subscribers: half of them read JSON, half protobuf, on
 * sockets of their own, in another process. Events come at a steady rate, then many at once.
 *
 * `node apps/master/shell/streams/event-streams.bench.ts 10 100 1000`: so many subscribers.
 */
import type { master } from '@thermosphere/protocol'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { encodeOperatorEvent, EventStreams } from './event-streams.ts'
import type { Encoding } from './event-streams.ts'

type Order = { readonly port: number; readonly count: number }
type Got = { readonly bytes: number }

const steady = { perSecond: 100, seconds: 5 }
const burst = 1_000
/** Of a burst: what the loop of a core decides in a few milliseconds. */
const eventsATurn = 20
const encodings: readonly Encoding[] = ['application/json', 'application/x-protobuf']

const update = (n: number): master.Event => ({
  type: 'TASK_UPDATED',
  task_updated: {
    framework_id: { value: '1c5b3f20-0e5f-4d0e-8f0a-4b1f3f0a4c11-0000' },
    status: {
      task_id: { value: `task-${n}` },
      state: 'TASK_RUNNING',
      source: 'SOURCE_EXECUTOR',
      agent_id: { value: '1c5b3f20-0e5f-4d0e-8f0a-4b1f3f0a4c11-S12' },
      uuid: new Uint8Array(16).fill(n),
      timestamp: 1_700_000_000 + n,
      container_status: { container_id: { value: '7a1b7a36-5c6a-4e62-8f33-2a3c8f0a9d7e' } },
    },
    state: 'TASK_RUNNING',
  },
})

class Subscribers {
  readonly streams: EventStreams<master.Event>
  cutCount = 0
  readonly #server = createServer((request, response) => {
    const encoding = encodings.find((one) => one === request.headers.accept) ?? 'application/json'
    this.streams.open(String(this.#opened++), response, encoding, {})
  })
  readonly #readers: ChildProcess
  #opened = 0

  private constructor(readers: ChildProcess) {
    this.#readers = readers
    this.streams = new EventStreams({
      encode: encodeOperatorEvent,
      onEnd: () => undefined,
      onSlow: () => this.cutCount++,
    })
  }

  static async open(count: number): Promise<Subscribers> {
    const subscribers = new Subscribers(fork(import.meta.filename, ['readers']))
    subscribers.#server.listen(0, '127.0.0.1')
    await once(subscribers.#server, 'listening')
    const { port } = subscribers.#server.address() as AddressInfo
    subscribers.#readers.send({ port, count } satisfies Order)
    await once(subscribers.#readers, 'message')
    return subscribers
  }

  /** Resolves when nothing comes any more. */
  async settled(): Promise<void> {
    for (let before = -1; ; await delay(200)) {
      this.#readers.send({ port: 0, count: 0 } satisfies Order)
      const [{ bytes }] = (await once(this.#readers, 'message')) as [Got]
      if (bytes === before) return
      before = bytes
    }
  }

  close(): void {
    this.#readers.kill()
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function readers(): Promise<void> {
  let bytes = 0
  process.on('message', ({ count }: Order) => count === 0 && process.send?.({ bytes } satisfies Got))
  const [{ port, count }] = (await once(process, 'message')) as [Order]
  for (let n = 0; n < count; n++) {
    const headers = { Accept: encodings[n % encodings.length] ?? '' }
    const [response] = (await once(get({ port, host: '127.0.0.1', agent: false, headers }), 'response')) as [
      IncomingMessage,
    ]
    response.on('data', (chunk: Buffer) => (bytes += chunk.length))
    response.on('error', () => undefined)
  }
  process.send?.({ bytes } satisfies Got)
}

type Figures = { readonly cpuUsAnEvent: number; readonly longestTurnMs: number; readonly lateMs: number }

/** Of this thread. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Processor time of this thread for the events, and what its event loop had to bear. */
async function measure(subscribers: Subscribers, events: number, send: () => Promise<void>): Promise<Figures> {
  const lateness = monitorEventLoopDelay({ resolution: 10 })
  lateness.enable()
  let isOver = false
  let longestTurnMs = 0
  let last = cpuMs()
  const turn = (): void => {
    const now = cpuMs()
    longestTurnMs = Math.max(longestTurnMs, now - last)
    last = now
    if (!isOver) setTimeout(turn, 5)
  }
  turn()
  // What measuring takes by itself is no event's.
  const [beginMs, idleFrom] = [cpuMs(), performance.now()]
  await delay(1_000)
  const idleShare = (cpuMs() - beginMs) / (performance.now() - idleFrom)
  const [before, startedAt] = [cpuMs(), performance.now()]
  await send()
  await subscribers.settled()
  const usedMs = cpuMs() - before - idleShare * (performance.now() - startedAt)
  isOver = true
  lateness.disable()
  const round = (value: number): number => Math.round(value * 10) / 10
  return {
    cpuUsAnEvent: round((usedMs * 1000) / events),
    longestTurnMs: round(longestTurnMs),
    lateMs: round(Math.max(0, lateness.max / 1e6 - 10)),
  }
}

async function sendSteadily({ streams }: Subscribers): Promise<void> {
  const startedAt = performance.now()
  for (let n = 0; n < steady.perSecond * steady.seconds; n++) {
    await delay(Math.max(0, startedAt + (n * 1000) / steady.perSecond - performance.now()))
    streams.sendAll(update(n))
  }
}

async function bench(counts: readonly number[]): Promise<void> {
  let last: { readonly count: number; readonly cpuUsAnEvent: number } | undefined
  for (const count of counts) {
    const subscribers = await Subscribers.open(count)
    // Compiled before it counts.
    await measure(subscribers, 0, () => sendSteadily(subscribers))
    const each = await measure(subscribers, steady.perSecond * steady.seconds, () => sendSteadily(subscribers))
    const atOnce = await measure(subscribers, burst, async () => {
      for (let n = 0; n < burst; n++) {
        subscribers.streams.sendAll(update(n))
        if (n % eventsATurn === 0) await nextTurn()
      }
    })
    const { cpuUsAnEvent } = each
    const growth = last && Math.round((cpuUsAnEvent / last.cpuUsAnEvent / (count / last.count)) * 100) / 100
    const figures = {
      name: 'events of operators',
      load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
      node: process.version,
      subscribers: count,
      eventsASecond: steady.perSecond,
      ...each,
      cpuUsAnEventAndSubscriber: Math.round((cpuUsAnEvent / count) * 100) / 100,
      growth,
      burst: { events: burst, ...atOnce },
      cut: subscribers.cutCount,
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    last = { count, cpuUsAnEvent }
    subscribers.close()
  }
}

if (process.argv[2] === 'readers') await readers()
else {
  const given = process.argv.slice(2).map(Number)
  await bench(given.length > 0 ? given : [10, 100, 1_000])
}
