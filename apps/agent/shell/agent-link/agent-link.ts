/**
 * One stream to the leading master. An attempt ends with its stream; then the next master of the list is tried,
 * with growing pauses while none accepts.
 */
import { Client, credentials } from '@grpc/grpc-js'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink } from '@thermosphere/protocol'
import { backoff, delay, isAbort } from '@thermosphere/service-kit'
import type { Background } from '@thermosphere/service-kit'
import { reasonOf } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import { linkLog } from '../../logger.ts'

const METHOD = '/thermosphere.agentlink.v1.AgentLink/Connect'

export type AgentLinkOptions = {
  readonly masters: readonly string[]
  readonly background: Background
  onUp(): void
  onDown(reason: string): void
  onMessage(message: agentLink.MasterMessage): void
}

type Stream = ClientDuplexStream<agentLink.AgentMessage, agentLink.MasterMessage>

export class AgentLink {
  readonly #options: AgentLinkOptions
  readonly #abort = new AbortController()
  readonly #pause = backoff({ minMs: LIMITS.linkBackoffMinMs, maxMs: LIMITS.linkBackoffMaxMs, random: Math.random })
  #stream: Stream | undefined
  #master = ''
  #isStarted = false

  constructor(options: AgentLinkOptions) {
    this.#options = options
  }

  /** The address of the master that the stream leads to, while there is one. */
  get master(): string | undefined {
    return this.#stream === undefined ? undefined : this.#master
  }

  /** Keeps a stream open from now on. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#options.background.run('agent-link', this.#keepConnected())
  }

  send(message: agentLink.AgentMessage): void {
    this.#stream?.write(message)
  }

  /** Gives the present stream up; another is opened. */
  drop(reason: string): void {
    linkLog.warn({ reason, master: this.#master }, 'link.dropped')
    this.#stream?.cancel()
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#stream?.end()
    this.#stream?.cancel()
    await Promise.resolve()
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#abort
    for (let attempt = 0; !signal.aborted; attempt++) {
      this.#master = this.#options.masters[attempt % this.#options.masters.length] ?? ''
      const reason = await this.#attempt(this.#master)
      if (signal.aborted) return
      linkLog.info({ master: this.#master, reason }, 'link.down')
      try {
        await delay(this.#pause.next(), signal)
      } catch (error) {
        if (isAbort(error)) return
        throw error
      }
    }
  }

  /** One stream from its beginning to its end; resolves with the reason of the end. */
  async #attempt(master: string): Promise<string> {
    const client = new Client(master, credentials.createInsecure(), {
      'grpc.keepalive_time_ms': LIMITS.linkKeepaliveMs,
      'grpc.max_receive_message_length': LIMITS.linkMessageBytesMax,
      'grpc.max_send_message_length': LIMITS.linkMessageBytesMax,
      // The stream itself is retried here, with another master.
      'grpc.enable_retries': 0,
    })
    try {
      await ready(client)
      return await this.#run(client)
    } catch (error) {
      return reasonOf(error)
    } finally {
      client.close()
    }
  }

  async #run(client: Client): Promise<string> {
    const stream = client.makeBidiStreamRequest<agentLink.AgentMessage, agentLink.MasterMessage>(METHOD, encode, decode)
    const ended = Promise.withResolvers<string>()
    stream.on('data', (message: agentLink.MasterMessage) => {
      this.#pause.reset()
      this.#options.onMessage(message)
    })
    stream.on('error', (error: Error) => ended.resolve(error.message))
    stream.on('end', () => ended.resolve('the master ended the stream'))
    this.#stream = stream
    linkLog.info({ master: this.#master }, 'link.up')
    this.#options.onUp()
    const reason = await ended.promise
    this.#stream = undefined
    this.#options.onDown(reason)
    return reason
  }
}

function ready(client: Client): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.waitForReady(Date.now() + LIMITS.linkBackoffMaxMs, (error) => {
    if (error === undefined) resolve()
    else reject(error)
  })
  return promise
}

const encode = (message: agentLink.AgentMessage): Buffer =>
  Buffer.from(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', message))

const decode = (bytes: Buffer): agentLink.MasterMessage =>
  decodeProtobuf('thermosphere.agentlink.v1.MasterMessage', bytes)
