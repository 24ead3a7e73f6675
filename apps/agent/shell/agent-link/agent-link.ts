/**
 * One stream to the leading master. An attempt ends with its stream; whom to ask next, and when, is the finder's to
 * say. The headers of the answer say whether the master leads; nothing is sent to one that does not. A standby says who
 * leads and keeps the stream: while that is a master that we have just lost, news of an election come here first.
 */
import type { agentLink } from '@thermosphere/protocol'
import { ClientLink, LeaderFinder } from '@thermosphere/protocol/node'
import type { Attempt, Attempted, Masters } from '@thermosphere/protocol/node'
import type { Background, Logger } from '@thermosphere/service-kit'
import { LIMITS } from '../../limits.ts'

export type AgentLinkOptions = {
  readonly masters: Masters
  readonly background: Background
  readonly log: Logger
  /** The longest pause between attempts; a process of thousands of agents would spend itself on attempts. */
  readonly backoffMaxMs?: number | undefined
  /** Where connections come from, if not left to the system. */
  readonly localAddress?: string | undefined
  onUp(): void
  onDown(reason: string): void
  onMessage(message: agentLink.MasterMessage): void
}

type Ended = { readonly after: Attempted; readonly reason: string }

/** Waiting grows: what thousands of agents give up after a fixed time and begin anew, a busy master never gets done. */
export const dialPatienceMs = (unansweredCount: number): number =>
  Math.min(LIMITS.linkDialMsMax, LIMITS.linkDialMs * 2 ** Math.min(unansweredCount, 10))

export class AgentLink {
  readonly #options: AgentLinkOptions
  readonly #abort = new AbortController()
  #link: ClientLink | undefined
  #master = ''
  #isUp = false
  #isStarted = false
  /** The master that was lost or not reached last. */
  #lost: string | undefined
  #downSince = performance.now()
  #toldFailure = ''
  /** Attempts in a row that were given up without an answer. */
  #unansweredCount = 0

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
    if (this.#isUp) this.#link?.send(message)
  }

  /** Gives the present stream up; another is opened. */
  drop(reason: string): void {
    this.#options.log.warn({ reason, master: this.#master }, 'link.dropped')
    this.#link?.close(reason)
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#link?.close()
    await Promise.resolve()
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#abort
    const { masters, backoffMaxMs: maxMs = LIMITS.linkBackoffMaxMs } = this.#options
    const backoff = { minMs: LIMITS.linkBackoffMinMs, maxMs, random: Math.random }
    const finder = new LeaderFinder({ masters, backoff, signal })
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
    const { promise: ended, resolve } = Promise.withResolvers<Ended>()
    let hasHeard = false
    const lose = (reason: string): void => {
      resolve({ after: this.#isUp ? { type: 'lost', wasStable: hasHeard } : { type: 'failed' }, reason })
    }
    let isAnswered = false
    const tire = (): void => {
      if (isAnswered) return
      this.#unansweredCount++
      lose('no answer in time')
    }
    // Of a process that was held up for long the time is over before it has read the answer that is there.
    let patience = setTimeout(() => setImmediate(tire), dialPatienceMs(this.#unansweredCount))
    const link = new ClientLink({
      address: this.#master,
      localAddress: this.#options.localAddress,
      silence: { askAfterMs: LIMITS.linkSilenceMs, timeoutMs: LIMITS.linkAnswerMs },
      onOpen: ({ isStandby }) => {
        clearTimeout(patience)
        isAnswered = true
        this.#unansweredCount = 0
        if (!isStandby) this.#up()
      },
      onMessage: (message) => {
        hasHeard = true
        if (message.type !== 'NOT_LEADER') return this.#options.onMessage(message)
        clearTimeout(patience)
        patience = this.#considerMove(message.not_leader?.leader, resolve)
      },
      onEnd: ({ message }) => lose(message),
    })
    if (superseded.aborted) link.close()
    else superseded.addEventListener('abort', () => link.close())
    this.#link = link
    const { after, reason } = await ended
    clearTimeout(patience)
    link.close()
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
    this.#link = undefined
    if (after.type !== 'moved') this.#lost = this.#master
    if (!this.#isUp) return
    this.#isUp = false
    this.#downSince = performance.now()
    this.#options.onDown(reason)
  }
}
