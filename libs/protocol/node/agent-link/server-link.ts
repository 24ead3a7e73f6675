import http2 from 'node:http2'
import { errorMessage } from '@thermosphere/effects'
import { decodeProtobuf } from '../../codec.ts'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { LINK_MESSAGES_A_TURN_MAX } from './limits.ts'
import type { LinkLimits } from './link-server.ts'
import { FrameReader, MessageTooLongError } from './message-frames.ts'
import type { ReadTurns } from './read-turns.ts'

export type LinkListener = {
  onMessage(message: agentLink.AgentMessage): void
  /** Once; nothing is heard afterwards. */
  onEnd(): void
}

type State = 'new' | 'open' | 'ending' | 'over'
type Status = { readonly code: number; readonly message: string }

const OK: Status = { code: 0, message: '' }
const RESOURCE_EXHAUSTED = 8
const INTERNAL = 13
const contentType = { 'content-type': 'application/grpc+proto' }

const trailersOf = ({ code, message }: Status): http2.OutgoingHttpHeaders => ({
  'grpc-status': String(code),
  ...(message !== '' && { 'grpc-message': encodeURI(message) }),
})

/** One link of an agent. */
export class ServerLink {
  readonly ip: string
  readonly #stream: http2.ServerHttp2Stream
  readonly #limits: LinkLimits
  readonly #frames: FrameReader
  readonly #turns: ReadTurns
  #isInTurn = false
  #listener: LinkListener | undefined
  #state: State = 'new'
  #status = OK

  constructor(
    stream: http2.ServerHttp2Stream,
    options: { readonly ip: string; readonly limits: LinkLimits; readonly turns: ReadTurns },
  ) {
    this.ip = options.ip
    this.#turns = options.turns
    this.#stream = stream
    this.#limits = options.limits
    this.#frames = new FrameReader(options.limits.messageBytesMax)
    // `close` follows.
    stream.on('error', () => undefined)
    stream.on('close', () => this.#finish())
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.#status)))
  }

  /** Answers with headers. */
  open(headers: Readonly<Record<string, string>> = {}): void {
    this.#state = 'open'
    this.#stream.respond({ ':status': 200, ...contentType, ...headers }, { waitForTrailers: true })
  }

  listen(listener: LinkListener): void {
    this.#listener = listener
    this.#stream.on('data', (chunk: Buffer) => {
      if (this.#state !== 'open') return
      this.#frames.push(chunk)
      // It was not read since: the rest waits at the agent.
      if (this.#isInTurn) this.#stream.pause()
      else this.#waitForTurn()
    })
    this.#stream.on('end', () => this.#isInTurn || this.#waitForTurn())
  }

  /** Says what `encodeLinkMessage` has made. An agent that does not read is cut. */
  send(frame: Buffer): void {
    if (this.#state !== 'open') return
    this.#stream.write(frame)
    if (this.#stream.writableLength <= this.#limits.queueBytesMax) return
    // It would read a status only after all that waits for it.
    this.#stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
    this.#finish()
  }

  /** Ends it after what was said. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#stream.end()
    this.#finish()
  }

  /** Ends it, and says why. */
  refuse(code: number, message: string): void {
    if (this.#state === 'new') {
      this.#state = 'over'
      this.#stream.respond({ ':status': 200, ...contentType, ...trailersOf({ code, message }) }, { endStream: true })
      return
    }
    this.#status = { code, message }
    this.end()
  }

  #waitForTurn(): void {
    this.#isInTurn = true
    this.#turns.add(() => this.#read())
  }

  /** A bounded number of messages; then others have their turn. The last of them ends the link. */
  #read(): boolean {
    for (let count = 0; count < LINK_MESSAGES_A_TURN_MAX; count++) {
      const message = this.#next()
      if (message === undefined) {
        this.#isInTurn = false
        if (this.#stream.readableEnded) this.end()
        else if (this.#stream.isPaused()) this.#stream.resume()
        return false
      }
      this.#listener?.onMessage(message)
    }
    return true
  }

  /** What an agent still sends when the link has ended is not read. */
  #next(): agentLink.AgentMessage | undefined {
    if (this.#state !== 'open') return undefined
    try {
      const bytes = this.#frames.next()
      return bytes && decodeProtobuf('thermosphere.agentlink.v1.AgentMessage', bytes)
    } catch (error) {
      const reason = errorMessage(error)
      if (error instanceof MessageTooLongError) this.refuse(RESOURCE_EXHAUSTED, reason)
      else this.refuse(INTERNAL, `Error deserializing request: ${reason}`)
      return undefined
    }
  }

  #finish(): void {
    if (this.#state === 'over') return
    if (this.#state !== 'ending') this.#state = 'over'
    const listener = this.#listener
    this.#listener = undefined
    listener?.onEnd()
  }
}
