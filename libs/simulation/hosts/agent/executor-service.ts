/** What an agent offers to executors: requests wait for the core, those that subscribed hear of events. */
import type { AgentEffect, AgentInput, ExecutorReply } from '@thermosphere/agent-core'
import type { Line, Network, SimProcess } from '../../kernel/index.ts'
import type { Answer, FromExecutorStream, ToExecutorCalls, ToExecutorStream } from '../wire.ts'

export type ExecutorServiceOptions = {
  readonly process: SimProcess
  readonly network: Network
  submit(input: AgentInput): void
  isRecovering(): boolean
}

export type ExecutorEffect = Extract<AgentEffect, { type: 'executor-reply' | 'executor-event' | 'executor-close' }>

export class ExecutorService {
  readonly #options: ExecutorServiceOptions
  readonly #waiting = new Map<number, (reply: ExecutorReply) => void>()
  readonly #sinks = new Map<number, Line<FromExecutorStream>>()
  #nextId = 1

  constructor(options: ExecutorServiceOptions) {
    this.#options = options
    const { process, network } = options
    network.listen<ToExecutorStream, FromExecutorStream>({ process, service: 'executor' }, (line) => {
      const connectionId = this.#nextId++
      return {
        onMessage: (message) => this.#subscribe(connectionId, line, message),
        onClose: () => void (this.#sinks.delete(connectionId) && this.#gone(connectionId)),
      }
    })
    network.listen<ToExecutorCalls, Answer>({ process, service: 'executor-calls' }, (line) => ({
      onMessage: (message) => this.#call(line, message),
      onClose: () => undefined,
    }))
  }

  perform(effect: ExecutorEffect): void {
    switch (effect.type) {
      case 'executor-reply':
        this.#waiting.get(effect.requestId)?.(effect.reply)
        return void this.#waiting.delete(effect.requestId)
      case 'executor-event':
        return this.#sinks.get(effect.connectionId)?.send({ type: 'event', event: effect.event })
      case 'executor-close': {
        const line = this.#sinks.get(effect.connectionId)
        this.#sinks.delete(effect.connectionId)
        return line?.close()
      }
    }
  }

  #subscribe(connectionId: number, line: Line<FromExecutorStream>, { call }: ToExecutorStream): void {
    if (this.#options.isRecovering()) return line.send({ type: 'refused', status: 503 })
    this.#sinks.set(connectionId, line)
    const requestId = this.#expect(({ status }) => {
      if (status === 200) return
      this.#sinks.delete(connectionId)
      line.send({ type: 'refused', status })
    })
    this.#options.submit({ type: 'executor-subscribe', connectionId, requestId, call, claims: undefined })
  }

  #call(line: Line<Answer>, { id, call }: ToExecutorCalls): void {
    if (this.#options.isRecovering()) return line.send({ id, status: 503 })
    const requestId = this.#expect(({ status }) => line.send({ id, status }))
    this.#options.submit({ type: 'executor-call', requestId, call, claims: undefined })
  }

  #gone(connectionId: number): void {
    this.#options.submit({ type: 'executor-gone', connectionId })
  }

  #expect(onReply: (reply: ExecutorReply) => void): number {
    const requestId = this.#nextId++
    this.#waiting.set(requestId, onReply)
    return requestId
  }
}
