/** Sends a request and tells the status; 0 is a connection that was closed without an answer. */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import type { Attack } from './make-request.ts'

const answerTimeoutMs = 120_000
/** A server may wait for the rest of a request; it is told that there is none. */
const restAfterMs = 100

export class Sender {
  readonly #agent: Agent
  readonly #base: URL

  constructor(url: string, connections: number) {
    this.#base = new URL(url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  async send(attack: Attack): Promise<number> {
    if (attack.raw !== undefined) return this.#sendRaw(attack.raw)
    // A server ends idle connections, perhaps all at the very moment when one is used again.
    return (await this.#sendWell(attack, this.#agent)) ?? (await this.#sendWell(attack, false)) ?? 0
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Undefined when a connection that was used before is over without an answer. */
  #sendWell({ method, path, headers, body }: Attack, agent: Agent | false): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const { hostname, port } = this.#base
    const all = { ...headers, 'Content-Length': body.length }
    const sent = request({ hostname, port, method, path, headers: latin1(all), agent }, (response) => {
      const status = response.statusCode ?? 0
      // Streams of events have no end.
      if (status === 200 && response.headers['content-length'] === undefined) {
        resolve(status)
        return void sent.destroy()
      }
      response.on('end', () => resolve(status))
      response.on('error', () => resolve(status))
      response.resume()
    })
    sent.setTimeout(answerTimeoutMs, () => sent.destroy(new Error('no answer in time')))
    // A server that refuses early closes before it has read everything.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? resolve(sent.reusedSocket ? undefined : 0)
        : reject(error),
    )
    sent.end(body)
    return promise
  }

  #sendRaw(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const socket = connect({ host: this.#base.hostname, port: Number(this.#base.port) })
    let text = ''
    const rest = setTimeout(() => socket.end(), restAfterMs)
    const late = setTimeout(() => socket.destroy(new Error('no answer in time')), answerTimeoutMs)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
      if (status === undefined) return
      resolve(Number(status))
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === undefined ? reject(error) : resolve(0)))
    socket.on('close', () => {
      clearTimeout(rest)
      clearTimeout(late)
      resolve(0)
    })
    socket.write(bytes)
    return promise
  }
}

const latin1 = (headers: Readonly<Record<string, string | number>>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      String(value).replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '?'),
    ]),
  )
