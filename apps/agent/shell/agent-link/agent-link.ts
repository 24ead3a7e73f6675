/**
 * One stream to the leading master. An attempt ends with its stream; whom to ask next, and when, is the finder's to
 * say. The headers of the answer say whether the master leads; nothing is sent to one that does not. A standby says who
 * leads and keeps the stream: while that is a master that we have just lost, news of an election come here first.
 */
import type { agentLink } from '@thermosphere/protocol'
import { AgentLinkClient, isStandby, LeaderFinder } from '@thermosphere/protocol/node'
import type { AgentLinkClientStream, Attempt, Attempted, Masters } from '@thermosphere/protocol/node'
import type { Background, Logger } from '@thermosphere/service-kit'
import { LIMITS } from '../../limits.ts'

export type AgentLinkOptions = {
  readonly masters: Masters
  readonly background: Background
  readonly log: Logger
  onUp(): void
  onDown(reason: string): void
  onMessage(message: agentLink.MasterMessage): void
}

type Ended = { readonly after: Attempted; readonly reason: string }

export class AgentLink {
  readonly #options: AgentLinkOptions
  readonly #abort = new AbortController()
  #stream: AgentLinkClientStream | undefined
  #master = ''
  #isUp = false
  #isStarted = false
  /** The master that was lost or not reached last. */
  #lost: string | undefined
  #downSince = performance.now()
  #toldFailure = ''

  constructor(options: AgentLinkOptions) {
    this.#options = options
  }

  /** The address of the master that the stream leads to, while there is one. */
  get master(): string | undefined {
    return this.#isUp ? this.#master : undefined
  }

  /** Keeps a stream open from now on. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#options.background.run('agent-link', this.#keepConnected())
  }

  send(message: agentLink.AgentMessage): void {
    if (this.#isUp) this.#stream?.write(message)
  }

  /** Gives the present stream up; another is opened. */
  drop(reason: string): void {
    this.#options.log.warn({ reason, master: this.#master }, 'link.dropped')
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
    const backoff = { minMs: LIMITS.linkBackoffMinMs, maxMs: LIMITS.linkBackoffMaxMs, random: Math.random }
    const finder = new LeaderFinder({ masters: this.#options.masters, backoff, signal })
    let attempt = await finder.next()
    while (attempt !== undefined) {
      const { after, reason } = await this.#attempt(attempt)
      if (signal.aborted) return
      this.#tellFailure(attempt.address, reason)
      attempt = await finder.next(after)
    }
  }

  /** A master that stays away is mentioned once. */
  #tellFailure(master: string, reason: string): void {
    const failure = `${master} ${reason}`
    if (failure !== this.#toldFailure) this.#options.log.info({ master, reason }, 'link.down')
    this.#toldFailure = failure
  }

  /** One stream from its beginning to its end. */
  async #attempt({ address, superseded }: Attempt): Promise<Ended> {
    this.#master = address.replace(/^https?:\/\//, '')
    const keepalive = { everyMs: LIMITS.linkKeepaliveMs, timeoutMs: LIMITS.linkKeepaliveTimeoutMs }
    const client = new AgentLinkClient(this.#master, { keepalive })
    try {
      return await this.#run(client.connect(), superseded)
    } finally {
      client.close()
    }
  }

  async #run(stream: AgentLinkClientStream, superseded: AbortSignal): Promise<Ended> {
    const { promise: ended, resolve } = Promise.withResolvers<Ended>()
    let hasHeard = false
    const lose = (reason: string): void => {
      resolve({ after: this.#isUp ? { type: 'lost', wasStable: hasHeard } : { type: 'failed' }, reason })
    }
    let patience = setTimeout(() => lose('no answer in time'), LIMITS.linkDialMs)
    stream.on('metadata', (headers) => {
      clearTimeout(patience)
      if (!isStandby(headers)) this.#up()
    })
    stream.on('data', (message: agentLink.MasterMessage) => {
      hasHeard = true
      if (message.type !== 'NOT_LEADER') return this.#options.onMessage(message)
      clearTimeout(patience)
      patience = this.#considerMove(message.not_leader?.leader, resolve)
    })
    stream.on('error', (error: Error) => lose(error.message))
    stream.on('end', () => lose('the master ended the stream'))
    if (superseded.aborted) stream.cancel()
    else superseded.addEventListener('abort', () => stream.cancel())
    this.#stream = stream
    const { after, reason } = await ended
    clearTimeout(patience)
    stream.cancel()
    this.#down(after, reason)
    return { after, reason }
  }

  /** To the leader that a standby names, at once; to one that has just failed only when it is still named later. */
  #considerMove(leader: string | undefined, resolve: (ended: Ended) => void): NodeJS.Timeout {
    const move = (again: boolean): void => {
      const after: Attempted = leader === undefined ? { type: 'failed' } : { type: 'moved', to: leader, again }
      resolve({ after, reason: `the leader is ${leader ?? 'not elected'}` })
    }
    if (leader !== undefined && leader !== this.#lost) move(false)
    return setTimeout(() => move(true), LIMITS.linkHoldMs)
  }

  #up(): void {
    this.#isUp = true
    this.#toldFailure = ''
    this.#options.log.info(
      { master: this.#master, durationMs: Math.round(performance.now() - this.#downSince) },
      'link.up',
    )
    this.#options.onUp()
  }

  #down(after: Attempted, reason: string): void {
    this.#stream = undefined
    if (after.type !== 'moved') this.#lost = this.#master
    if (!this.#isUp) return
    this.#isUp = false
    this.#downSince = performance.now()
    this.#options.onDown(reason)
  }
}
