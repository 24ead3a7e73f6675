import { errorMessage } from '@thermosphere/effects'
import type { AgentInput, OperatorReply } from '@thermosphere/agent-core'
import type { agent } from '@thermosphere/protocol'
import { rm } from 'node:fs/promises'
import type { ContainerRunner } from '../containers/container-runner.ts'
import { Attachment } from './attachment.ts'

type Options = { readonly containers: ContainerRunner; submit(input: AgentInput): void }

type Waiting = { readonly type: agent.Call['type']; resolve(reply: OperatorReply): void }

const waits: ReadonlySet<agent.Call['type']> = new Set(['WAIT_CONTAINER', 'WAIT_NESTED_CONTAINER'])

/** Calls of operators that wait for the core's answer, and the containers whose streams they hold. */
export class OperatorRequests {
  readonly #options: Options
  readonly #waiting = new Map<number, Waiting>()
  readonly #attachments = new Map<string, Promise<Attachment | undefined>>()
  #nextId = 1

  constructor(options: Options) {
    this.#options = options
  }

  /** A call about containers. `gone` aborts when nobody waits for the answer any more. */
  async call(call: agent.Call, gone: AbortSignal): Promise<OperatorReply> {
    const requestId = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<OperatorReply>()
    this.#waiting.set(requestId, { type: call.type, resolve })
    gone.addEventListener('abort', () => this.#onGone(requestId), { once: true })
    this.#options.submit({ type: 'operator-call', requestId, call })
    return await promise
  }

  #onGone(requestId: number): void {
    // A wait is not answered any more; whatever else was asked for is, and may have to be undone then.
    if (waits.has(this.#waiting.get(requestId)?.type)) this.#waiting.delete(requestId)
    this.#options.submit({ type: 'operator-gone', requestId })
  }

  reply(requestId: number, reply: OperatorReply): void {
    const waiting = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    // A session that has ended already may be destroyed in this turn; its output is for whoever waits for this reply.
    const isSession = waiting?.type === 'LAUNCH_NESTED_CONTAINER_SESSION'
    if (isSession && reply.containerKey !== undefined) void this.attach(reply.containerKey)
    waiting?.resolve(reply)
  }

  async removeSandbox(path: string, requestId: number): Promise<void> {
    try {
      await rm(path, { recursive: true, force: true })
      this.reply(requestId, { status: 200 })
    } catch (error) {
      this.reply(requestId, { status: 500, message: `Failed to remove the sandbox directory: ${errorMessage(error)}` })
    }
  }

  /** The streams of a container, shared by all who attach; `undefined` when it has none. */
  async attach(containerKey: string): Promise<Attachment | undefined> {
    const open = this.#attachments.get(containerKey) ?? this.#open(containerKey)
    this.#attachments.set(containerKey, open)
    const attachment = await open
    if (attachment === undefined) this.#attachments.delete(containerKey)
    return attachment
  }

  async #open(containerKey: string): Promise<Attachment | undefined> {
    const io = await this.#options.containers.io(containerKey)
    return io && new Attachment(io, () => this.#attachments.delete(containerKey))
  }

  /** The connection that a session lived by has ended. */
  endSession(containerKey: string): void {
    this.#options.submit({ type: 'session-closed', containerKey })
    const attachment = this.#attachments.get(containerKey)
    void attachment?.then((open) => open?.close())
  }

  close(): void {
    for (const attachment of this.#attachments.values()) void attachment.then((open) => open?.close())
  }
}
