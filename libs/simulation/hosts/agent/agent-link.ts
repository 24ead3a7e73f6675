/** An agent's link to whichever master leads, as the server keeps it: the finder says whom to ask, and when. */
import type { Random } from '@thermosphere/effects'
import type { agentLink } from '@thermosphere/protocol'
import { LeaderFinder } from '@thermosphere/protocol/node'
import type { Attempted } from '@thermosphere/protocol/node'
import type { Line, Network, SimProcess } from '../../kernel/index.ts'
import type { FromLink, ToLink } from '../wire.ts'

export type AgentLinkOptions = {
  readonly process: SimProcess
  readonly network: Network
  readonly masters: readonly string[]
  readonly random: Random
  onUp(): void
  onDown(reason: string): void
  onMessage(message: agentLink.MasterMessage): void
}

const backoffMs = { minMs: 100, maxMs: 2_000 }
const dialMs = 5_000
const holdMs = 3_000

export class AgentLink {
  readonly #options: AgentLinkOptions
  #line: Line<ToLink> | undefined
  #drop: (reason: string) => void = () => undefined
  #isUp = false
  #isStarted = false
  /** The master that led us until its connection ended. */
  #lost: string | undefined

  constructor(options: AgentLinkOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    void this.#keepConnected()
  }

  send(message: agentLink.AgentMessage): void {
    if (this.#isUp) this.#line?.send(message)
  }

  drop(reason: string): void {
    this.#drop(reason)
  }

  async #keepConnected(): Promise<void> {
    const { masters, process, random } = this.#options
    const finder = new LeaderFinder({
      masters,
      backoff: { ...backoffMs, random: () => random.fraction() },
      signal: process.halt,
      delay: (ms) => process.sleep(ms),
    })
    let attempt = await finder.next()
    while (attempt !== undefined && process.isUp) {
      const after = await this.#attempt(attempt.address)
      attempt = await finder.next(after)
    }
  }

  #attempt(master: string): Promise<Attempted> {
    const { process, network } = this.#options
    const { promise, resolve } = Promise.withResolvers<Attempted>()
    let isOver = false
    let isAnswered = false
    let hasHeard = false
    const end = (after: Attempted, reason: string): void => {
      if (isOver) return
      isOver = true
      line.close()
      this.#down(master, reason)
      process.settle(() => resolve(after))
    }
    const lose = (reason: string): void =>
      end(this.#isUp ? { type: 'lost', wasStable: hasHeard } : { type: 'failed' }, reason)
    const line: Line<ToLink> = network.connect<FromLink, ToLink>(process, `${master}/link`, {
      onMessage: (message) => {
        if (isOver) return
        isAnswered = true
        if (message.type === 'leading') this.#up(line)
        else if (message.type === 'standby') process.after(holdMs, () => lose('the leader did not change'))
        else if (message.message.type === 'NOT_LEADER') {
          const leader = message.message.not_leader?.leader
          if (leader !== undefined && leader !== this.#lost) end({ type: 'moved', to: leader }, `${leader} leads`)
        } else {
          hasHeard = true
          this.#options.onMessage(message.message)
        }
      },
      onClose: () => lose('closed'),
    })
    this.#drop = lose
    process.after(dialMs, () => isAnswered || lose('no answer'))
    return promise
  }

  #up(line: Line<ToLink>): void {
    this.#line = line
    this.#isUp = true
    this.#lost = undefined
    this.#options.onUp()
  }

  #down(master: string, reason: string): void {
    this.#lost = this.#isUp ? master : undefined
    this.#line = undefined
    if (!this.#isUp) return
    this.#isUp = false
    this.#options.onDown(reason)
  }
}
