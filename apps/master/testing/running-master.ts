import { eventually } from '@thermosphere/test-kit'
import { readFlags } from '@thermosphere/service-kit'
import type { Logger } from '@thermosphere/service-kit'
import { createRecordIoDecoder, decodeJson, decodeProtobuf, encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink, mesos, scheduler } from '@thermosphere/protocol'
import { ClientLink } from '@thermosphere/protocol/node'
import { createLogger } from '@thermosphere/service-kit'
import { flags } from '../config.ts'
import { startMaster } from '../start-master.ts'

export type RunningMaster = { readonly url: string; readonly port: number; close(): Promise<void> }

const silent: Logger = createLogger({ name: 'master-test', level: 'fatal' })

/** A master in this process, on a free port, without a disk unless told. */
export async function runMaster(...argv: string[]): Promise<RunningMaster> {
  const all = ['--port=0', '--hostname=localhost', ...argv]
  const result = readFlags(flags, { argv: all, env: {} })
  if (result.kind !== 'config') throw new Error(JSON.stringify(result))
  const closers: (() => void | Promise<void>)[] = []
  const lifecycle = {
    defer: (_name: string, close: () => void | Promise<void>) => void closers.push(close),
    loop: {},
    fatal: (error: unknown): never => {
      throw error
    },
  }
  const { port } = await startMaster(result.config, silent, lifecycle)
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer()
  }
  const url = `http://127.0.0.1:${port}`
  await eventually('a leader', async () => (await fetch(`${url}/redirect`, { redirect: 'manual' })).status === 307)
  await eventually('its state', async () => (await fetch(`${url}/state`, { redirect: 'manual' })).status !== 503)
  return { url, port, close }
}

/** Parsed JSON to look into; tests compare what they find. */
export interface Loose {
  readonly [key: string]: Loose
}

export const looseJson = async (response: Response | Promise<Response>): Promise<Loose> =>
  (await (await response).json()) as Loose

/** An agent that speaks the real link and does nothing by itself but answer pings. */
export class FakeAgent {
  readonly received: agentLink.MasterMessage[] = []
  ended = false
  readonly #link: ClientLink

  constructor(port: number) {
    this.#link = new ClientLink({
      address: `127.0.0.1:${port}`,
      onMessage: (message) => {
        this.received.push(message)
        if (message.type === 'PING') this.say({ type: 'PONG' })
      },
      onEnd: () => (this.ended = true),
    })
  }

  say(message: agentLink.AgentMessage): void {
    this.#link.send(message)
  }

  async register(): Promise<string> {
    const resources = ['cpus:4', 'mem:8192'].map((text): mesos.Resource => {
      const [name = '', value = '0'] = text.split(':')
      return { name, type: 'SCALAR', scalar: { value: Number(value) } }
    })
    const agent_info = { hostname: 'localhost', port: 5051, resources }
    this.say({ type: 'REGISTER', register: { agent_info, version: '1.12.0', capabilities: [{ type: 'MULTI_ROLE' }] } })
    return eventually(
      'REGISTERED',
      () => this.received.find((message) => message.registered)?.registered?.agent_id.value,
    )
  }

  close(): void {
    this.#link.close()
  }
}

export type Encoding = 'application/json' | 'application/x-protobuf'

/** A scheduler over plain HTTP, in either encoding. */
export class TestScheduler {
  readonly events: scheduler.Event[] = []
  status = 0
  headers = new Headers()
  ended = false
  readonly #url: string
  readonly #encoding: Encoding
  readonly #abort = new AbortController()

  constructor(url: string, encoding: Encoding = 'application/json') {
    this.#url = url
    this.#encoding = encoding
  }

  get id(): mesos.FrameworkID {
    return this.events.find((event) => event.subscribed)?.subscribed?.framework_id ?? { value: '' }
  }

  async subscribe(overrides: Partial<mesos.FrameworkInfo> = {}): Promise<this> {
    const framework_info: mesos.FrameworkInfo = {
      user: 'root',
      name: 't',
      roles: ['r'],
      capabilities: [{ type: 'MULTI_ROLE' }],
      ...overrides,
    }
    const { id } = framework_info
    const response = await this.#post(
      { type: 'SUBSCRIBE', subscribe: { framework_info }, ...(id && { framework_id: id }) },
      {},
    )
    this.status = response.status
    this.headers = response.headers
    void this.#read(response)
    await eventually('SUBSCRIBED', () => this.events[0])
    return this
  }

  call(call: scheduler.Call): Promise<Response> {
    return this.#post(
      { framework_id: this.id, ...call },
      { 'Mesos-Stream-Id': this.headers.get('mesos-stream-id') ?? '' },
    )
  }

  offer(): Promise<mesos.Offer> {
    return eventually('an offer', () => this.events.flatMap((event) => event.offers?.offers ?? [])[0])
  }

  close(): void {
    this.#abort.abort()
  }

  #post(call: scheduler.Call, headers: Record<string, string>): Promise<Response> {
    const name = 'mesos.v1.scheduler.Call'
    const body =
      this.#encoding === 'application/json'
        ? Buffer.from(encodeJson(name, call))
        : Buffer.from(encodeProtobuf(name, call))
    const all = { 'Content-Type': this.#encoding, Accept: this.#encoding, ...headers }
    return fetch(`${this.#url}/api/v1/scheduler`, { method: 'POST', headers: all, body, signal: this.#abort.signal })
  }

  async #read(response: Response): Promise<void> {
    const decoder = createRecordIoDecoder(1_000_000)
    const name = 'mesos.v1.scheduler.Event'
    try {
      for await (const chunk of response.body ?? []) {
        for (const record of decoder.push(chunk)) {
          this.events.push(
            this.#encoding === 'application/json' ? decodeJson(name, record) : decodeProtobuf(name, record),
          )
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    } finally {
      this.ended = true
    }
  }
}
