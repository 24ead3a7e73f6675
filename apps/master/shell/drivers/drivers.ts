/**
 * Schedulers that speak by messages (v0), as streams of the core: each attempt of a process to register is a stream,
 * which ends when the core says so or the process is gone. Nothing here decides who gets a framework.
 */
import { schedulerCallProblem } from '@thermosphere/master-core'
import type { Effect, Input, Note, Reply } from '@thermosphere/master-core'
import { WireError } from '@thermosphere/protocol'
import type { scheduler } from '@thermosphere/protocol'
import { formatProcessId, Messenger } from '@thermosphere/protocol/node'
import type { ProcessId, ReceivedMessage } from '@thermosphere/protocol/node'
import { LogAllowance } from '@thermosphere/service-kit'
import { randomUUID } from 'node:crypto'
import { MASTER_LIMITS } from '../../limits.ts'
import { readMessage } from './read-message.ts'
import type { Asked } from './read-message.ts'
import { frameworkError, writeMessage } from './write-message.ts'
import type { Message } from './write-message.ts'

export type DriversOptions = {
  /** The master, as drivers know it. */
  readonly self: ProcessId
  /** Schedulers have to log in, which these cannot. */
  readonly areRefused: boolean
  readonly submit: (input: Input) => void
  readonly ask: (input: { type: 'scheduler-call'; streamId: string; call: scheduler.Call }) => Promise<Reply>
  readonly note: (note: Note) => void
}

type Stream = { readonly id: string; readonly process: ProcessId; frameworkId: string | undefined }
type Subscribe = Extract<Asked, { type: 'subscribe' }>

export class Drivers {
  readonly #options: DriversOptions
  readonly #messenger: Messenger
  readonly #self: string
  readonly #streams = new Map<string, Stream>()
  /** By process id. */
  readonly #streamsOf = new Map<string, Map<string, Stream>>()
  readonly #dropsTold = new LogAllowance({ max: 1, ms: MASTER_LIMITS.droppedMessageLogMs })

  constructor(options: DriversOptions) {
    this.#options = options
    this.#self = formatProcessId(options.self)
    this.#messenger = new Messenger({
      self: options.self,
      onExited: (process, reason) => this.#onExited(process, reason),
    })
  }

  receive({ from, name, body }: ReceivedMessage): void {
    const asked = this.#read(name, body)
    switch (asked.type) {
      case 'subscribe':
        return this.#subscribe(from, asked)
      case 'call':
        return void this.#call(from, asked.call)
      case 'deactivate':
        return this.#deactivate(from, asked.frameworkId)
      case 'refused':
        return this.#refuse(from, asked.message)
      case 'dropped':
        return this.#drop(from, name, asked.reason)
    }
  }

  has(streamId: string): boolean {
    return this.#streams.has(streamId)
  }

  send({ streamId, event, isBack }: Extract<Effect, { type: 'event' }>): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    if (event.subscribed) stream.frameworkId = event.subscribed.framework_id.value
    const frameworkId = stream.frameworkId ?? ''
    const message = writeMessage({ event, isBack: isBack === true, frameworkId, self: this.#self })
    if (message) this.#tell(stream.process, message)
  }

  /** After what was sent on it. Its end is then no news. */
  end(streamId: string): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    this.#streams.delete(streamId)
    const pid = formatProcessId(stream.process)
    const others = this.#streamsOf.get(pid)
    others?.delete(streamId)
    if (others && others.size > 0) return
    this.#streamsOf.delete(pid)
    this.#messenger.unlink(stream.process)
  }

  close(): void {
    this.#streams.clear()
    this.#streamsOf.clear()
    this.#messenger.close()
  }

  #read(name: string, body: Uint8Array): Asked {
    if (body.length > MASTER_LIMITS.callBytesMax)
      return { type: 'dropped', reason: `it has more than ${MASTER_LIMITS.callBytesMax} bytes` }
    try {
      return readMessage(name, body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return { type: 'dropped', reason: error.message }
    }
  }

  #subscribe(from: ProcessId, { subscribe, force }: Subscribe): void {
    const pid = formatProcessId(from)
    if (this.#options.areRefused)
      return this.#refuse(from, `Framework at ${pid} is not authenticated: drivers cannot log in to this master`)
    const streams = this.#streamsOf.get(pid) ?? new Map<string, Stream>()
    const isKnown = [...streams.values()].some(({ frameworkId }) => frameworkId !== undefined)
    const stream: Stream = { id: randomUUID(), process: from, frameworkId: undefined }
    this.#streams.set(stream.id, stream)
    this.#streamsOf.set(pid, streams.set(stream.id, stream))
    this.#messenger.link(from, { isAnew: isKnown })
    this.#options.submit({ type: 'subscribe', streamId: stream.id, subscribe, driver: { pid, force } })
  }

  async #call(from: ProcessId, call: scheduler.Call): Promise<void> {
    const problem = schedulerCallProblem(call)
    if (problem !== undefined) return this.#drop(from, call.type ?? 'UNKNOWN', problem)
    const streamId = this.#streamOf(from, call.framework_id?.value)
    if (streamId === undefined) return this.#drop(from, call.type ?? 'UNKNOWN', 'the process has no such framework')
    const { status, text = String(status) } = await this.#options.ask({ type: 'scheduler-call', streamId, call })
    if (status < 400) return
    // The others hear of what went wrong with their calls by an event, if at all.
    if (call.type === 'UPDATE_FRAMEWORK') this.#refuse(from, text)
    else this.#drop(from, call.type ?? 'UNKNOWN', text)
  }

  #deactivate(from: ProcessId, frameworkId: string): void {
    const streamId = this.#streamOf(from, frameworkId)
    if (streamId !== undefined) this.#options.submit({ type: 'deactivate-framework', streamId, frameworkId })
  }

  /** Any other process than the framework's has no stream of it. */
  #streamOf(from: ProcessId, frameworkId: string | undefined): string | undefined {
    const streams = [...(this.#streamsOf.get(formatProcessId(from))?.values() ?? [])]
    return streams.findLast((stream) => stream.frameworkId === frameworkId)?.id
  }

  #onExited(process: ProcessId, reason: string): void {
    const pid = formatProcessId(process)
    const streams = this.#streamsOf.get(pid)
    this.#streamsOf.delete(pid)
    this.#options.note({ event: 'driver.exited', fields: { pid, reason } })
    for (const streamId of streams?.keys() ?? []) {
      this.#streams.delete(streamId)
      this.#options.submit({ type: 'stream-closed', streamId })
    }
  }

  #tell(process: ProcessId, { name, body }: Message): void {
    this.#messenger.send(process, name, body)
  }

  #refuse(from: ProcessId, reason: string): void {
    this.#tell(from, frameworkError(reason))
    this.#options.note({ event: 'driver.refused', fields: { pid: formatProcessId(from), reason } })
  }

  #drop(from: ProcessId, message: string, reason: string): void {
    const droppedBefore = this.#dropsTold.take()
    if (droppedBefore === undefined) return
    const fields = { pid: formatProcessId(from), message, reason, droppedBefore }
    this.#options.note({ event: 'driver.message.dropped', fields })
  }
}
